#include "tiff_stack.hpp"

#include <tiffio.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "text.hpp"

namespace sheaf::cli {
namespace {

using core::to_number;
using core::to_text;

// ImageJ's private tags: the lengths of the blocks, and the blocks.
constexpr ttag_t ij_counts_tag = 50838, ij_data_tag = 50839;

thread_local std::string last_tiff_error;

void keep_error(const char *, const char *format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  last_tiff_error = text;
}

TIFFExtendProc parent_extender = nullptr;

void extend(TIFF *tiff) {
  static const TIFFFieldInfo fields[] = {
      {ij_counts_tag, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_LONG, FIELD_CUSTOM, 1, 1,
       const_cast<char *>("IJMetadataByteCounts")},
      {ij_data_tag, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_BYTE, FIELD_CUSTOM, 1, 1, const_cast<char *>("IJMetadata")}};
  TIFFMergeFieldInfo(tiff, fields, 2);
  if (parent_extender) parent_extender(tiff);
}

void set_up_libtiff() {
  static const bool once = [] {
    TIFFSetErrorHandler(keep_error);
    TIFFSetWarningHandler(nullptr);
    parent_extender = TIFFSetTagExtender(extend);
    return true;
  }();
  (void)once;
}

[[noreturn]] void fail(const std::string &path, const std::string &what) {
  throw std::runtime_error(path + ": " + what);
}

// The value behind "key=" in ImageJ's description, or "".
std::string described(const std::string &description, const std::string &key) {
  size_t at = 0;
  while ((at = description.find(key + "=", at)) != std::string::npos) {
    if (at == 0 || description[at - 1] == '\n') {
      const size_t begin = at + key.size() + 1;
      return description.substr(begin, description.find('\n', begin) - begin);
    }
    at++;
  }
  return "";
}

double described_number(const std::string &description, const std::string &key, double otherwise) {
  return to_number(described(description, key)).value_or(otherwise);
}

std::string utf8_of(const uint8_t *bytes, size_t count, bool big_endian) {
  std::string text;
  const auto unit = [&](size_t i) {
    return static_cast<uint32_t>(big_endian ? bytes[i] << 8 | bytes[i + 1] : bytes[i + 1] << 8 | bytes[i]);
  };
  for (size_t i = 0; i + 1 < count; i += 2) {
    uint32_t c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 3 < count) {
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
      i += 2;
    }
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += static_cast<char>(0xc0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 63));
    } else if (c < 0x10000) {
      text += static_cast<char>(0xe0 | c >> 12);
      text += static_cast<char>(0x80 | (c >> 6 & 63));
      text += static_cast<char>(0x80 | (c & 63));
    } else {
      text += static_cast<char>(0xf0 | c >> 18);
      text += static_cast<char>(0x80 | (c >> 12 & 63));
      text += static_cast<char>(0x80 | (c >> 6 & 63));
      text += static_cast<char>(0x80 | (c & 63));
    }
  }
  return text;
}

// UTF-16, little endian as the files we write.
std::vector<uint8_t> utf16_of(const std::string &text) {
  std::vector<uint8_t> bytes;
  const auto put = [&](uint32_t unit) {
    bytes.push_back(static_cast<uint8_t>(unit));
    bytes.push_back(static_cast<uint8_t>(unit >> 8));
  };
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = length == 1 ? lead : lead & (0xff >> (length + 1));
    for (int k = 1; k < length && i + k < text.size(); k++) c = c << 6 | (static_cast<uint8_t>(text[i + k]) & 63);
    i += length;
    if (c >= 0x10000) {
      put(0xd800 + ((c - 0x10000) >> 10));
      put(0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      put(c);
    }
  }
  return bytes;
}

// The slice labels in ImageJ's metadata: "IJIJ", pairs of type and count, blocks.
std::vector<std::string> labels_in(const uint32_t *counts, size_t n_counts, const uint8_t *data, size_t size,
                                   bool big_endian) {
  std::vector<std::string> labels;
  if (n_counts < 2 || counts[0] < 12 || counts[0] > size) return labels;
  const auto word = [&](size_t at) {
    uint32_t w = 0;
    for (int k = 0; k < 4; k++) w |= static_cast<uint32_t>(data[at + (big_endian ? 3 - k : k)]) << (8 * k);
    return w;
  };
  size_t block = 1, at = counts[0];
  for (size_t entry = 4; entry + 8 <= counts[0]; entry += 8) {
    const bool is_label = word(entry) == 0x6c61626c;  // "labl"
    for (uint32_t i = 0; i < word(entry + 4) && block < n_counts; i++, block++) {
      if (at + counts[block] > size) return labels;
      if (is_label) labels.push_back(utf8_of(data + at, counts[block], big_endian));
      at += counts[block];
    }
  }
  return labels;
}

const char *number_words(uint16_t format) {
  return format == SAMPLEFORMAT_IEEEFP ? "floating point"
         : format == SAMPLEFORMAT_INT  ? "signed integers"
         : format == SAMPLEFORMAT_UINT ? "unsigned integers"
                                       : "complex or untyped numbers";
}

int bytes_of(sheaf_pixel pixel) { return pixel == SHEAF_U8 ? 1 : pixel == SHEAF_U16 ? 2 : 4; }

}  // namespace

// ---- reading -------------------------------------------------------------------------

struct TiffReader::File {
  TIFF *tiff = nullptr;
  uint16_t bits = 8, samples = 1, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK,
           planar = PLANARCONFIG_CONTIG;
  uint32_t width = 0, height = 0;
  int64_t at = -1;          // directory that libtiff is in
  uint64_t raw_offset = 0;  // of the first image, if the file has one directory for all images
  std::vector<uint8_t> scratch;
  ~File() {
    if (tiff) TIFFClose(tiff);
  }
};

TiffReader::TiffReader(const std::string &path, bool as_described) : path_(path), file_(std::make_unique<File>()) {
  set_up_libtiff();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail(path, "there is no such file");
  file_->tiff = TIFFOpen(path.c_str(), "rm");
  if (!file_->tiff) fail(path, "this is not a TIFF file (" + last_tiff_error + ")");
  read_metadata(as_described);
}

TiffReader::~TiffReader() = default;
TiffReader::TiffReader(TiffReader &&) noexcept = default;

void TiffReader::read_metadata(bool as_described) {
  File &f = *file_;
  TIFF *t = f.tiff;
  TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &f.width);
  TIFFGetField(t, TIFFTAG_IMAGELENGTH, &f.height);
  TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &f.bits);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &f.samples);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &f.format);
  TIFFGetFieldDefaulted(t, TIFFTAG_PHOTOMETRIC, &f.photometric);
  TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &f.planar);
  const char *text = nullptr;
  std::string description;
  if (TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &text) && text) description = text;
  const bool by_imagej = description.starts_with("ImageJ=");

  sheaf_info &info = stack_.info;
  info.size = sizeof info;
  info.width = static_cast<int32_t>(f.width);
  info.height = static_cast<int32_t>(f.height);
  const bool rgb = f.bits == 8 && f.format == SAMPLEFORMAT_UINT && (f.samples == 3 || f.samples == 4) &&
                   f.photometric != PHOTOMETRIC_SEPARATED;
  const bool gray = f.samples == 1 && f.photometric != PHOTOMETRIC_PALETTE;
  const bool whole = f.format == SAMPLEFORMAT_UINT || f.format == SAMPLEFORMAT_INT;
  if (rgb) {
    info.pixel = SHEAF_RGB;
  } else if (f.samples == 1 && f.bits == 8 && f.format == SAMPLEFORMAT_UINT) {
    info.pixel = SHEAF_U8;
    if (f.photometric == PHOTOMETRIC_PALETTE) note_ = "the colour table is ignored, its indices are the intensities";
  } else if (gray && f.bits == 16 && whole) {
    info.pixel = SHEAF_U16;
  } else if (gray && f.bits == 32 && f.format == SAMPLEFORMAT_IEEEFP) {
    info.pixel = SHEAF_F32;
  } else if (gray && ((f.bits == 32 && whole) || (f.bits == 64 && f.format == SAMPLEFORMAT_IEEEFP))) {
    info.pixel = SHEAF_F32;
    note_ = std::to_string(f.bits) + "-bit values are rounded to 32-bit floating point";
  } else {
    fail(path_, "pixels of " + (f.samples == 1 ? "" : std::to_string(f.samples) + " x ") + std::to_string(f.bits) +
                    "-bit " + number_words(f.format) + (f.photometric == PHOTOMETRIC_SEPARATED ? " (CMYK)" : "") +
                    " are not supported; accepted: 8-bit unsigned, 16- and 32-bit integers, 32- and 64-bit floating "
                    "point, 8-bit RGB");
  }

  int64_t pages = 1;
  while (TIFFReadDirectory(t)) {
    uint32_t w = 0, h = 0;
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &w);
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &h);
    uint16_t bits = 8, samples = 1;
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &samples);
    pages++;
    if (w != f.width || h != f.height || bits != f.bits || samples != f.samples)
      fail(path_, "image " + std::to_string(pages) + " is " + std::to_string(w) + " x " + std::to_string(h) + " (" +
                      std::to_string(bits * samples) + " bits), image 1 is " + std::to_string(f.width) + " x " +
                      std::to_string(f.height) + " (" + std::to_string(f.bits * f.samples) +
                      " bits); all must be alike");
  }
  TIFFSetDirectory(t, 0);
  f.at = 0;
  // Above 4 GB ImageJ writes one directory and the images one after the other.
  const double described_images = described_number(description, "images", 1);
  if (by_imagej && as_described && pages == 1 && described_images > 1) {
    uint64_t *offsets = nullptr;
    if (TIFFGetField(t, TIFFTAG_STRIPOFFSETS, &offsets) && offsets) f.raw_offset = offsets[0];
    const double held = (static_cast<double>(std::filesystem::file_size(path_)) - static_cast<double>(f.raw_offset)) /
                        (static_cast<double>(f.width) * f.height * f.samples * (f.bits / 8));
    if (!(described_images <= held) || described_images > 2147483647)
      fail(path_, "the file is truncated: it describes " + to_text(described_images) + " images and holds " +
                      to_text(std::max(0.0, std::floor(held))));
    pages = static_cast<int64_t>(described_images);
  }
  info.slices = pages;
  info.channels = 1;
  info.depth = static_cast<int32_t>(pages);
  info.frames = 1;
  if (by_imagej) {
    const auto c = static_cast<int32_t>(described_number(description, "channels", 1));
    const auto z = static_cast<int32_t>(described_number(description, "slices", 1));
    const auto fr = static_cast<int32_t>(described_number(description, "frames", 1));
    if (int64_t{c} * z * fr == pages) {
      info.channels = c;
      info.depth = z;
      info.frames = fr;
    }
    float x = 0, y = 0;
    if (TIFFGetField(t, TIFFTAG_XRESOLUTION, &x) && x > 0) info.spacing[0] = 1 / static_cast<double>(x);
    if (TIFFGetField(t, TIFFTAG_YRESOLUTION, &y) && y > 0) info.spacing[1] = 1 / static_cast<double>(y);
    info.spacing[2] = described_number(description, "spacing", 1);
    info.interval = described_number(description, "finterval", 0);
    stack_.unit = described(description, "unit");
    if (described_number(description, "cf", -1) == 0) {  // a straight line
      info.flags |= SHEAF_VALUES_CALIBRATED;
      info.value_offset = described_number(description, "c0", 0);
      info.value_scale = described_number(description, "c1", 1);
    }
  }
  if (gray && f.bits == 16 && f.format == SAMPLEFORMAT_INT && !(info.flags & SHEAF_VALUES_CALIBRATED)) {
    info.flags |= SHEAF_VALUES_CALIBRATED;  // as in ImageJ: stored with an offset
    info.value_offset = -32768;
    info.value_scale = 1;
  }
  info.unit = stack_.unit.c_str();

  uint32_t n_counts = 0, n_data = 0;
  uint32_t *counts = nullptr;
  uint8_t *data = nullptr;
  if (TIFFGetField(t, ij_counts_tag, &n_counts, &counts) && TIFFGetField(t, ij_data_tag, &n_data, &data))
    stack_.labels = labels_in(counts, n_counts, data, n_data, TIFFIsBigEndian(t));
  if (stack_.labels.size() != static_cast<size_t>(pages)) stack_.labels.clear();
}

// The samples of image n, interleaved, in native byte order.
void TiffReader::read_raw(int64_t n, std::vector<uint8_t> &bytes) {
  File &f = *file_;
  const size_t row = static_cast<size_t>(f.width) * f.samples * (f.bits / 8);
  bytes.resize(row * f.height);
  const std::string image = "image " + std::to_string(n + 1);
  if (f.raw_offset != 0) {
    std::ifstream in(path_, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(f.raw_offset + static_cast<uint64_t>(n) * bytes.size()));
    if (!in.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
      fail(path_, image + " cannot be read");
    if (TIFFIsByteSwapped(f.tiff)) {
      if (f.bits == 16)
        TIFFSwabArrayOfShort(reinterpret_cast<uint16_t *>(bytes.data()), static_cast<tmsize_t>(bytes.size() / 2));
      if (f.bits == 32)
        TIFFSwabArrayOfLong(reinterpret_cast<uint32_t *>(bytes.data()), static_cast<tmsize_t>(bytes.size() / 4));
    }
    return;
  }
  if (f.at != n) {
    const bool found =
        f.at + 1 == n ? TIFFReadDirectory(f.tiff) == 1 : TIFFSetDirectory(f.tiff, static_cast<tdir_t>(n)) == 1;
    if (!found) fail(path_, image + " cannot be read (" + last_tiff_error + ")");
    f.at = n;
  }
  if (TIFFIsTiled(f.tiff)) fail(path_, "tiled images are not supported");
  const int planes = f.planar == PLANARCONFIG_SEPARATE ? f.samples : 1;
  std::vector<uint8_t> plane_row(static_cast<size_t>(TIFFScanlineSize(f.tiff)));
  for (int p = 0; p < planes; p++)
    for (uint32_t y = 0; y < f.height; y++) {
      if (TIFFReadScanline(f.tiff, planes == 1 ? bytes.data() + y * row : plane_row.data(), y,
                           static_cast<uint16_t>(p)) != 1)
        fail(path_, image + " cannot be read (" + last_tiff_error + ")");
      if (planes > 1)
        for (uint32_t x = 0; x < f.width; x++) bytes[y * row + x * f.samples + p] = plane_row[x];
    }
}

void TiffReader::read(int64_t n, const sheaf_view &into) {
  File &f = *file_;
  read_raw(n, f.scratch);
  const size_t row = static_cast<size_t>(f.width) * f.samples * (f.bits / 8);
  for (uint32_t y = 0; y < f.height; y++) {
    const uint8_t *from = f.scratch.data() + y * row;
    auto *to = static_cast<uint8_t *>(into.data) + y * into.row_bytes;
    if (into.pixel == SHEAF_RGB) {
      for (uint32_t x = 0; x < f.width; x++) {
        to[4 * x] = from[f.samples * x + 2];
        to[4 * x + 1] = from[f.samples * x + 1];
        to[4 * x + 2] = from[f.samples * x];
        to[4 * x + 3] = 255;
      }
    } else if (into.pixel == SHEAF_U16 && f.format == SAMPLEFORMAT_INT) {
      for (uint32_t x = 0; x < f.width; x++) {
        uint16_t v;
        std::memcpy(&v, from + 2 * x, 2);
        v ^= 0x8000;
        std::memcpy(to + 2 * x, &v, 2);
      }
    } else if (into.pixel == SHEAF_F32 && !(f.bits == 32 && f.format == SAMPLEFORMAT_IEEEFP)) {
      auto *values = reinterpret_cast<float *>(to);
      for (uint32_t x = 0; x < f.width; x++) {
        const auto value = [&]<class T>(T v) {
          std::memcpy(&v, from + x * sizeof v, sizeof v);
          return static_cast<float>(v);
        };
        values[x] = f.bits == 64                   ? value(double{})
                    : f.format == SAMPLEFORMAT_INT ? value(int32_t{})
                                                   : value(uint32_t{});
      }
    } else {
      std::memcpy(to, from, row);
    }
  }
}

// ---- writing -------------------------------------------------------------------------

struct TiffWriter::File {
  TIFF *tiff = nullptr;
};

TiffWriter::TiffWriter(std::string path, const StackInfo &stack, bool overwrite)
    : path_(std::move(path)),
      overwrite_(overwrite),
      new_file_(path_, overwrite),
      stack_(stack),
      file_(std::make_unique<File>()) {
  set_up_libtiff();
  open();
}

TiffWriter::~TiffWriter() {
  if (file_->tiff) TIFFClose(file_->tiff);
}

void TiffWriter::open() {
  const sheaf_info &info = stack_.info;
  const double bytes =
      static_cast<double>(info.slices) * (static_cast<double>(info.width) * info.height * bytes_of(info.pixel) + 1000);
  file_->tiff = TIFFOpen(new_file_.draft().c_str(), bytes > 4e9 ? "w8l" : "wl");
  if (!file_->tiff) fail(path_, "cannot be written (" + last_tiff_error + ")");
}

void TiffWriter::write(int64_t n, const sheaf_view &from) {
  const bool narrow = from.pixel == SHEAF_LABEL && !wide_labels_;
  if (narrow) {
    uint32_t top = 0;
    for (int y = 0; y < from.height; y++) {
      const auto *row = reinterpret_cast<const uint32_t *>(static_cast<const char *>(from.data) + y * from.row_bytes);
      top = std::max(top, *std::max_element(row, row + from.width));
    }
    if (top > 65535) widen_labels();
  }
  const size_t samples = from.pixel == SHEAF_RGB ? 3 : 1;
  const size_t size = from.pixel == SHEAF_RGB     ? 1
                      : from.pixel == SHEAF_LABEL ? (wide_labels_ ? 4 : 2)
                                                  : bytes_of(from.pixel);
  std::vector<uint8_t> bytes(static_cast<size_t>(from.width) * from.height * samples * size);
  uint8_t *to = bytes.data();
  for (int y = 0; y < from.height; y++, to += from.width * samples * size) {
    const auto *row = static_cast<const uint8_t *>(from.data) + y * from.row_bytes;
    if (from.pixel == SHEAF_RGB) {
      for (int x = 0; x < from.width; x++)
        for (int c = 0; c < 3; c++) to[3 * x + c] = row[4 * x + 2 - c];
    } else if (from.pixel == SHEAF_LABEL) {
      for (int x = 0; x < from.width; x++) {
        uint32_t label;
        std::memcpy(&label, row + 4 * x, 4);
        if (wide_labels_) {
          const auto value = static_cast<float>(label);
          std::memcpy(to + 4 * x, &value, 4);
        } else {
          const auto value = static_cast<uint16_t>(label);
          std::memcpy(to + 2 * x, &value, 2);
        }
      }
    } else {
      std::memcpy(to, row, from.width * size);
    }
  }
  waiting_[n] = std::move(bytes);
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    put(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    next_++;
  }
}

void TiffWriter::put(const std::vector<uint8_t> &bytes) {
  TIFF *t = file_->tiff;
  const sheaf_info &info = stack_.info;
  const bool rgb = info.pixel == SHEAF_RGB,
             real = info.pixel == SHEAF_F32 || (info.pixel == SHEAF_LABEL && wide_labels_);
  const int samples = rgb ? 3 : 1;
  const int size = rgb ? 1 : real ? 4 : info.pixel == SHEAF_LABEL ? 2 : bytes_of(info.pixel);
  TIFFSetField(t, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(info.width));
  TIFFSetField(t, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(info.height));
  TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8 * size);
  TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, samples);
  TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(t, TIFFTAG_PHOTOMETRIC, rgb ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(info.height));
  if (info.spacing[0] > 0) TIFFSetField(t, TIFFTAG_XRESOLUTION, 1 / info.spacing[0]);
  if (info.spacing[1] > 0) TIFFSetField(t, TIFFTAG_YRESOLUTION, 1 / info.spacing[1]);
  if (info.spacing[0] > 0 || info.spacing[1] > 0) TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
  if (next_ == 0) {
    std::string d = "ImageJ=1.54p\nimages=" + std::to_string(info.slices) + "\n";
    if (info.channels > 1) d += "channels=" + std::to_string(info.channels) + "\n";
    if (info.depth > 1) d += "slices=" + std::to_string(info.depth) + "\n";
    if (info.frames > 1) d += "frames=" + std::to_string(info.frames) + "\n";
    if ((info.channels > 1) + (info.depth > 1) + (info.frames > 1) > 1) d += "hyperstack=true\n";
    if (info.channels > 1 && !rgb) d += "mode=composite\n";
    if (!stack_.unit.empty()) d += "unit=" + stack_.unit + "\n";
    if (info.spacing[2] > 0) d += "spacing=" + to_text(info.spacing[2]) + "\n";
    if (info.interval > 0) d += "finterval=" + to_text(info.interval) + "\n";
    if (info.flags & SHEAF_VALUES_CALIBRATED)
      d += "cf=0\nc0=" + to_text(info.value_offset) + "\nc1=" + to_text(info.value_scale) + "\nvunit=Gray Value\n";
    d += "loop=false\n";
    TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, d.c_str());
    if (stack_.labels.size() == static_cast<size_t>(info.slices)) {
      std::vector<uint32_t> counts = {12};
      std::vector<uint8_t> data = {'J', 'I', 'J', 'I', 'l', 'b', 'a', 'l'};  // "IJIJ" and "labl" as little-endian words
      for (int k = 0; k < 4; k++) data.push_back(static_cast<uint8_t>(stack_.labels.size() >> (8 * k)));
      for (const auto &label : stack_.labels) {
        const auto text = utf16_of(label);
        counts.push_back(static_cast<uint32_t>(text.size()));
        data.insert(data.end(), text.begin(), text.end());
      }
      TIFFSetField(t, ij_counts_tag, static_cast<uint32_t>(counts.size()), counts.data());
      TIFFSetField(t, ij_data_tag, static_cast<uint32_t>(data.size()), data.data());
    }
  }
  errno = 0;
  if (TIFFWriteEncodedStrip(t, 0, const_cast<uint8_t *>(bytes.data()), static_cast<tmsize_t>(bytes.size())) < 0 ||
      TIFFWriteDirectory(t) != 1 || TIFFFlush(t) != 1)
    fail(path_, "cannot be written (" + (errno != 0 ? std::generic_category().message(errno) : last_tiff_error) + ")");
}

// A label above 65 535 has come: what was written as 16-bit becomes 32-bit.
void TiffWriter::widen_labels() {
  const int64_t written = next_;
  TIFFClose(file_->tiff);
  file_->tiff = nullptr;
  const NewFile narrow = std::exchange(new_file_, NewFile(path_, overwrite_));
  for (auto &[n, bytes] : waiting_) {
    std::vector<uint8_t> wide(2 * bytes.size());
    for (size_t i = 0; i < bytes.size() / 2; i++) {
      uint16_t label;
      std::memcpy(&label, &bytes[2 * i], 2);
      const auto value = static_cast<float>(label);
      std::memcpy(&wide[4 * i], &value, 4);
    }
    bytes = std::move(wide);
  }
  wide_labels_ = true;
  open();
  next_ = 0;
  if (written > 0) {
    TiffReader reader(narrow.draft(), false);
    const size_t count = static_cast<size_t>(stack_.info.width) * stack_.info.height;
    std::vector<uint16_t> labels(count);
    for (; next_ < written; next_++) {
      reader.read(next_, {labels.data(), stack_.info.width * 2, stack_.info.width, stack_.info.height, SHEAF_U16, 0});
      std::vector<uint8_t> wide(4 * count);
      for (size_t i = 0; i < count; i++) {
        const auto value = static_cast<float>(labels[i]);
        std::memcpy(&wide[4 * i], &value, 4);
      }
      put(wide);
    }
  }
}

void TiffWriter::close() {
  if (next_ != stack_.info.slices || !waiting_.empty())
    fail(path_, "only " + core::counted(next_, "image") + (next_ == 1 ? " was" : " were") + " written");
  TIFFClose(file_->tiff);
  file_->tiff = nullptr;
}

}  // namespace sheaf::cli
