// The operations on single images as their users see them.
#include <fstream>

#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize";

struct Operation {
  const char *id, *output;
  Json params;
  bool gray = true, colour = true, changes = true;  // changes: surely every image
  bool keeps_flat = true;
};

// Every operation, with parameters that need one image only.
std::vector<Operation> operations() {
  return {{"equalize.background", "subtracted", {{"radius", 3}}, true, true, true, false},
          {"equalize.background",
           "subtracted",
           {{"radius", 2}, {"shape", "square"}, {"light_background", true}},
           true,
           true,
           true,
           false},
          {"equalize.background", "subtracted", {{"method", "gaussian"}, {"sigma", 4}}, true, true, true, false},
          {"equalize.background",
           "subtracted",
           {{"method", "gaussian"}, {"sigma", 9}, {"mode", "divide"}},
           true,
           true,
           false},
          {"equalize.clahe", "clahe", {{"scope", "each"}, {"tiles", 3}}},
          {"equalize.denoise", "denoised", {{"strength", 30}, {"search", 3}, {"patch", 1}}, true, true, false},
          {"equalize.denoise", "denoised", {{"method", "bilateral"}, {"strength", 3000}, {"sigma", 1}}},
          {"equalize.denoise", "denoised", {{"method", "bilateral"}, {"sigma", 0.5}}, true, true, false},
          {"equalize.denoise", "denoised", {{"method", "median"}}},
          {"equalize.denoise", "denoised", {{"method", "median"}, {"radius", 4}}},
          {"equalize.gamma", "gamma", {{"scope", "each"}}},
          {"equalize.histogram", "histogram", Json::object()},
          {"equalize.histogram", "histogram", {{"exact", true}}},
          {"equalize.saturation", "saturation", {{"factor", 1.5}}, false},
          {"equalize.sharpen", "sharpened", Json::object()},
          {"equalize.sharpen", "sharpened", {{"method", "factor"}, {"factor", 0.7}}},
          {"equalize.sharpen", "sharpened", {{"method", "sharpness"}, {"sharpness", 90}}},
          {"equalize.stretch", "stretched", {{"scope", "each"}, {"low", 5}, {"high", 90}}}};
}

template <class T>
Image<T> texture(int width, int height, uint32_t seed) {
  if constexpr (std::is_same_v<T, sheaf::Rgb>) return pixels::colour_texture(width, height, seed);
  else return pixels::texture<T>(width, height, seed);
}

template <class T>
std::vector<Image<T>> textures(int count, int width, int height) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) images.push_back(texture<T>(width, height, 20 + static_cast<uint32_t>(i)));
  return images;
}

template <class T>
void check_threads_and_previews() {
  for (const auto &[id, output, params, gray, colour, changes, keeps_flat] : operations()) {
    if (!(std::is_same_v<T, sheaf::Rgb> ? colour : gray)) continue;
    INFO(id << ' ' << params.dump());
    const auto images = operation::collection(textures<T>(3, 41, 29));
    const Client one = operation::run(plugin, id, images, params, 1),
                 three = operation::run(plugin, id, images, params, 3);
    for (int64_t n = 0; n < 3; n++) {
      CHECK(one.outputs.at(output).images.at(n) == three.outputs.at(output).images.at(n));
      CHECK(operation::preview(plugin, id, images, params, n, output) == one.outputs.at(output).images.at(n));
      if (changes) CHECK((one.outputs.at(output).images.at(n) == one.inputs[0].image(n)) == false);
    }
  }
}

template <class T>
void check_small_and_flat() {
  for (const auto &[id, output, params, gray, colour, changes, keeps_flat] : operations()) {
    if (!(std::is_same_v<T, sheaf::Rgb> ? colour : gray)) continue;
    for (const auto &[width, height] : {std::pair(1, 1), {1, 9}, {13, 1}, {2, 2}}) {
      INFO(id << ' ' << width << 'x' << height);
      operation::run(plugin, id, operation::collection(textures<T>(1, width, height)), params);
    }
    if constexpr (std::is_same_v<T, uint16_t> || std::is_same_v<T, float>) {
      INFO(id);
      if (!keeps_flat) continue;
      const Client flat = operation::run(plugin, id, operation::collection<T>({Image<T>(9, 8, T{7})}), params);
      CHECK(flat.outputs.at(output).images.at(0) == flat.inputs[0].image(0));
    }
  }
}

}  // namespace

TEST_CASE("threads and previews change no pixel of any filter, and every filter does something") {
  check_threads_and_previews<uint8_t>();
  check_threads_and_previews<uint16_t>();
  check_threads_and_previews<float>();
  check_threads_and_previews<sheaf::Rgb>();
}

TEST_CASE("filters take images of one pixel, of one row, and flat ones, which they leave alone") {
  check_small_and_flat<uint8_t>();
  check_small_and_flat<uint16_t>();
  check_small_and_flat<float>();
  check_small_and_flat<sheaf::Rgb>();
}

TEST_CASE("what is not finite stays, and does not spread beyond a filter's reach") {
  auto images = textures<float>(1, 60, 50);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  images[0](10, 11) = nan;
  images[0](40, 3) = -infinity;
  for (const auto &[id, output, params, gray, colour, changes, keeps_flat] : operations()) {
    if (!gray) continue;
    INFO(id);
    const Client client = operation::run(plugin, id, operation::collection(images), params);
    const auto out = operation::image<float>(client, output, 0);
    for (int y = 0; y < 50; y++)
      for (int x = 0; x < 60; x++) {
        const float v = out[static_cast<size_t>(y * 60 + x)];
        if (std::isnan(images[0](x, y))) REQUIRE(std::isnan(v));
        else if (std::isinf(images[0](x, y))) REQUIRE(v == -infinity);
        else REQUIRE(std::isfinite(v));
      }
    Image<float> nothing(6, 5, nan);
    operation::run(plugin, id, operation::collection<float>({nothing}), params);
  }
}

TEST_CASE("the limits of all images of a channel keep their differences, those of each do not") {
  std::vector<Image<uint16_t>> images = textures<uint16_t>(4, 30, 20);
  for (size_t i = 0; i < images.size(); i++)
    for (auto &p : images[i].data) p = static_cast<uint16_t>(p / (i % 2 ? 2 : 8) + 100);
  const Json all{{"low", 0}, {"high", 100}}, each{{"low", 0}, {"high", 100}, {"scope", "each"}};
  const Client together = operation::run(plugin, "equalize.stretch", operation::collection(images, 2), all);
  const Client apart = operation::run(plugin, "equalize.stretch", operation::collection(images, 2), each);
  for (int64_t n = 0; n < 4; n++) {
    const auto out = operation::image<uint16_t>(apart, "stretched", n);
    CHECK(*std::min_element(out.begin(), out.end()) == 0);
    CHECK(*std::max_element(out.begin(), out.end()) == 65535);
  }
  for (int64_t channel = 0; channel < 2; channel++) {
    uint16_t least = 65535, most = 0;
    for (const int64_t n : {channel, channel + 2})
      for (const uint16_t p : operation::image<uint16_t>(together, "stretched", n)) {
        least = std::min(least, p);
        most = std::max(most, p);
      }
    CHECK(least == 0);
    CHECK(most == 65535);
  }
}

TEST_CASE("gamma is a power law between the ends of the type or of the data") {
  const auto bytes = textures<uint8_t>(1, 20, 10);
  const Client dark =
      operation::run(plugin, "equalize.gamma", operation::collection(bytes), {{"gamma", 2}, {"gain", 1.5}});
  const auto out = operation::image<uint8_t>(dark, "gamma", 0);
  for (int x = 0; x < 20; x++) {
    const double v = bytes[0](x, 0) / 255.0;
    REQUIRE(out[static_cast<size_t>(x)] == Approx(std::min(255.0, 255 * 1.5 * v * v)).margin(0.501));
  }
  const auto reals = textures<float>(2, 20, 10);
  const Client bright = operation::run(plugin, "equalize.gamma", operation::collection(reals), {{"gamma", 0.4}});
  double low = 1e9, high = -1e9;
  for (const auto &image : reals)
    for (int y = 0; y < 10; y++)
      for (int x = 0; x < 20; x++) {
        low = std::min<double>(low, image(x, y));
        high = std::max<double>(high, image(x, y));
      }
  const auto first = operation::image<float>(bright, "gamma", 0);
  for (int x = 0; x < 20; x++)
    REQUIRE(first[static_cast<size_t>(x)] ==
            Approx(low + (high - low) * std::pow((reals[0](x, 0) - low) / (high - low), 0.4)).epsilon(1e-5));

  auto falling = operation::collection(bytes);  // calibrated, it is the negative
  falling.info.flags |= SHEAF_VALUES_CALIBRATED;
  falling.info.value_offset = 255;
  falling.info.value_scale = -1;
  const auto turned =
      operation::image<uint8_t>(operation::run(plugin, "equalize.gamma", falling, {{"gamma", 2}}), "gamma", 0);
  for (int x = 0; x < 20; x++) {
    const double v = 1 - bytes[0](x, 0) / 255.0;
    REQUIRE(turned[static_cast<size_t>(x)] == Approx(255 - 255 * v * v).margin(0.501));
  }
}

TEST_CASE("stretched values are those of the straight line between the percentiles, cut off at its ends") {
  Image<uint16_t> image(5, 1);
  for (int x = 0; x < 5; x++) image(x, 0) = static_cast<uint16_t>(1000 + 100 * x);
  const Client client =
      operation::run(plugin, "equalize.stretch", operation::collection<uint16_t>({image}), {{"low", 25}, {"high", 75}});
  CHECK(operation::image<uint16_t>(client, "stretched", 0) == std::vector<uint16_t>{0, 0, 32768, 65535, 65535});
  // 41900.4995, which is half a level more as a 32-bit number
  Image<uint16_t> near_half(3, 1);
  near_half(0, 0) = 0, near_half(1, 0) = 640, near_half(2, 0) = 1001;
  const Client exact =
      operation::run(plugin, "equalize.stretch", operation::collection<uint16_t>({near_half}), {{"low", 0}, {"high", 100}});
  CHECK(operation::image<uint16_t>(exact, "stretched", 0) == std::vector<uint16_t>{0, 41900, 65535});
}

TEST_CASE("images are sharpened or blurred until they are as sharp as wanted, as the table says") {
  const auto images = textures<uint16_t>(3, 60, 50);
  const auto sharpened = [&](const Json &params) {
    return operation::run(plugin, "equalize.sharpen", operation::collection(images), params);
  };
  const auto column = [](const Client &client, const char *name) { return client.column("sharpening", name).numbers; };
  const Client factor = sharpened({{"method", "factor"}, {"factor", 0.6}});
  const Client fixed = sharpened({{"method", "sharpness"}, {"sharpness", 9000}});
  const Client amount = sharpened({{"amount", 0.5}});
  const Client far = sharpened({{"method", "sharpness"}, {"sharpness", 1}});
  for (size_t i = 0; i < images.size(); i++) {
    CHECK(column(factor, "sharpness_after")[i] == Approx(0.6 * column(factor, "sharpness_before")[i]).epsilon(0.01));
    CHECK(column(factor, "amount")[i] < 0);
    CHECK(column(fixed, "sharpness_after")[i] == Approx(9000).epsilon(0.01));
    CHECK(column(amount, "sharpness_after")[i] > column(amount, "sharpness_before")[i]);
    CHECK(column(amount, "amount")[i] == 0.5);
    CHECK(fixed.column("sharpening", "status").texts[i] == "ok");
    CHECK(far.column("sharpening", "status").texts[i] == "limited");
  }
  const Client flat =
      operation::run(plugin, "equalize.sharpen", operation::collection<uint16_t>({Image<uint16_t>(9, 8, 7)}));
  CHECK(flat.column("sharpening", "status").texts[0] == "degenerate");
}

TEST_CASE("the strength of a filter is taken from the noise of each image, or given in calibrated levels") {
  auto images = textures<uint16_t>(2, 60, 50);
  const auto grain = generated::noise(60, 50, 8);
  for (int y = 0; y < 50; y++)
    for (int x = 0; x < 60; x++) {
      images[0](x, y) = static_cast<uint16_t>(20000 + grain(x, y) / 64);
      images[1](x, y) = static_cast<uint16_t>(20000 + grain(x, y) / 16);
    }
  auto c = operation::collection(images);
  const Client client = operation::run(plugin, "equalize.denoise", c);
  const auto noise = client.column("denoising", "noise").numbers,
             strength = client.column("denoising", "strength").numbers;
  CHECK(noise[0] == Approx(1024 / std::sqrt(12.0)).epsilon(0.1));
  CHECK(noise[1] == Approx(4 * noise[0]).epsilon(0.02));
  CHECK(strength[1] == Approx(0.8 * noise[1]));
  const auto spread = [](const std::vector<uint16_t> &values) {
    return *std::max_element(values.begin(), values.end()) - *std::min_element(values.begin(), values.end());
  };
  CHECK(spread(operation::image<uint16_t>(client, "denoised", 1)) < 4096 / 2);
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_scale = 0.5;
  const Client half = operation::run(plugin, "equalize.denoise", c, {{"strength", 100}});
  const Client whole = operation::run(plugin, "equalize.denoise", operation::collection(images), {{"strength", 200}});
  CHECK(half.outputs.at("denoised").images == whole.outputs.at("denoised").images);
  CHECK(half.column("denoising", "strength").numbers[0] == 100);
}

TEST_CASE("an equalized 8-bit histogram is OpenCV's") {
  auto image = pixels::texture<uint8_t>(29, 23, 6, 1);
  for (auto &p : image.data) p = static_cast<uint8_t>(p / 2 + 30);
  const Client client = operation::run(plugin, "equalize.histogram", operation::collection<uint8_t>({image}));
  const auto filters = Json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/filters.json"));
  CHECK(operation::image<uint8_t>(client, "histogram", 0) == filters["equalized"].get<std::vector<uint8_t>>());
}

TEST_CASE("an exact histogram is flat, or that of the reference, and keeps the order of values") {
  auto images = textures<uint8_t>(3, 64, 48);
  for (auto &p : images[0].data) p = static_cast<uint8_t>(p / 16 + 100);  // 16 levels
  const auto sorted = [](std::vector<uint8_t> values) {
    std::sort(values.begin(), values.end());
    return values;
  };
  const auto in_order = [&](const std::vector<uint8_t> &out) {
    std::array<int, 256> least, most;
    least.fill(256);
    most.fill(-1);
    for (int y = 0; y < 48; y++)
      for (int x = 0; x < 64; x++) {
        const int v = out[static_cast<size_t>(y * 64 + x)];
        least[images[0](x, y)] = std::min(least[images[0](x, y)], v);
        most[images[0](x, y)] = std::max(most[images[0](x, y)], v);
      }
    int last = -1;
    for (size_t v = 0; v < 256; v++) {
      if (most[v] < 0) continue;
      if (least[v] < last) return false;
      last = most[v];
    }
    return true;
  };
  const Client flat = operation::run(plugin, "equalize.histogram", operation::collection(images), {{"exact", true}});
  const auto out = operation::image<uint8_t>(flat, "histogram", 0);
  for (int level = 0; level < 256; level++) CHECK(std::count(out.begin(), out.end(), level) == 64 * 48 / 256);
  CHECK(in_order(out));
  const Client matched = operation::run(plugin, "equalize.histogram", operation::collection(images),
                                        {{"exact", true}, {"to", "base"}, {"base", 3}});
  for (int64_t n = 0; n < 3; n++)
    CHECK(sorted(operation::image<uint8_t>(matched, "histogram", n)) ==
          sorted(testing::values<uint8_t>(matched.inputs[0].image(2))));
  CHECK(in_order(operation::image<uint8_t>(matched, "histogram", 0)));
  CHECK(matched.outputs.at("histogram").images.at(2) == matched.inputs[0].image(2));
}

TEST_CASE("the reference of a histogram can be an image of its own") {
  const auto images = textures<uint16_t>(2, 30, 20);
  auto reference = textures<uint16_t>(3, 25, 31);
  for (auto &p : reference[1].data) p = static_cast<uint16_t>(p / 5 + 700);
  testing::Session session(2);
  session.with(plugin);
  const auto outcome = [&](testing::Collection second, const Json &params, std::vector<uint16_t> *first = nullptr) {
    Client client(operation::collection(images));
    client.inputs.push_back(std::move(second));
    const std::string text = testing::outcome(session, "equalize.histogram", client, params.dump());
    if (first) *first = operation::image<uint16_t>(client, "histogram", 0);
    return text;
  };
  const Json params{{"to", "image"}, {"base", 2}};
  std::vector<uint16_t> first;
  CHECK(outcome(operation::collection(reference), params, &first) == "ok");
  CHECK(*std::max_element(first.begin(), first.end()) ==
        *std::max_element(reference[1].data.begin(), reference[1].data.end()));
  CHECK(*std::min_element(first.begin(), first.end()) < 3000);
  CHECK(outcome(operation::collection(reference), {{"to", "image"}, {"base", 4}}) ==
        "invalid: base: 4 given, the reference has 3 images; accepted: 1 to 3");
  CHECK(outcome(operation::collection(textures<uint8_t>(1, 5, 5)), {{"to", "image"}}) ==
        "invalid: reference: another pixel type than that of the images given; accepted: the same");
  CHECK(outcome(operation::collection(reference, 3), {{"to", "image"}}) ==
        "invalid: reference: 3 channels given, the images have 1; accepted: as many, or 1");
  CHECK(operation::outcome(plugin, "equalize.histogram", operation::collection(images), {{"to", "image"}}) ==
        "invalid: reference: no image given, but it is needed when to is image");
  CHECK(
      operation::outcome(plugin, "equalize.histogram", operation::collection(images), {{"to", "base"}, {"base", 3}}) ==
      "invalid: base: 3 given, the collection has 2 images; accepted: 1 or 2");
}

TEST_CASE("a reference of a histogram without a finite value is refused") {
  auto images = textures<float>(2, 9, 7);
  images[1] = Image<float>(9, 7, std::numeric_limits<float>::quiet_NaN());
  for (const bool exact : {false, true}) {
    testing::Session session(2);
    session.with(plugin);
    Client client(operation::collection(textures<float>(1, 9, 7)));
    client.inputs.push_back(operation::collection(images));
    const Json params{{"to", "image"}, {"base", 2}, {"exact", exact}};
    CHECK(testing::outcome(session, "equalize.histogram", client, params.dump()) ==
          "invalid: reference: image 2 has no finite value; accepted: at least one");
    CHECK(operation::outcome(plugin, "equalize.histogram", operation::collection(images),
                             {{"to", "base"}, {"base", 2}, {"exact", exact}}) ==
          "invalid: base: image 2 has no finite value; accepted: at least one");
  }
}

namespace {

template <class T>
void check_falling_clahe(const std::vector<Image<T>> &images, double top, const Json &params) {
  INFO(sizeof(T) << " bytes, " << params.dump());
  auto negatives = images;
  for (auto &image : negatives)
    for (auto &v : image.data) v = static_cast<T>(top - v);
  auto falling = operation::collection(images);
  falling.info.flags |= SHEAF_VALUES_CALIBRATED;
  falling.info.value_offset = top;
  falling.info.value_scale = -1;
  const auto made = operation::run(plugin, "equalize.clahe", falling, params);
  const auto twin = operation::run(plugin, "equalize.clahe", operation::collection(negatives), params);
  for (int n = 0; n < static_cast<int>(images.size()); n++) {
    auto expected = operation::image<T>(twin, "clahe", n);
    for (auto &v : expected) v = static_cast<T>(top - v);
    CHECK(operation::image<T>(made, "clahe", n) == expected);
  }
}

}  // namespace

TEST_CASE("CLAHE of images whose calibration falls is that of their negatives, made negative") {
  for (const char *scope : {"all", "each"})
    for (const double clip : {0.0, 2.5}) {
      const Json params{{"scope", scope}, {"clip", clip}, {"tiles", 3}, {"bins", 61}};
      check_falling_clahe(textures<uint16_t>(2, 50, 41), 65535, params);
      auto whole = textures<float>(2, 50, 41);  // whole numbers, whose negatives are exact
      for (auto &image : whole)
        for (auto &v : image.data) v = std::round(v);
      check_falling_clahe(whole, 0, params);
    }
  check_falling_clahe(textures<uint8_t>(2, 50, 41), 255, {{"tiles", 3}});
}

TEST_CASE("what a filter cannot take is said in a sentence") {
  const auto bytes = operation::collection(textures<uint8_t>(1, 8, 8));
  CHECK(operation::outcome(plugin, "equalize.stretch", bytes, {{"low", 60}, {"high", 40}}) ==
        "invalid: low: 60 given, high is 40; accepted: less than high");
  CHECK(operation::outcome(plugin, "equalize.sharpen", bytes, {{"method", "sharpness"}, {"sharpness", 0}}) ==
        "invalid: sharpness: 0 given; accepted: more than 0");
  CHECK(operation::outcome(plugin, "equalize.saturation", bytes, Json::object()) ==
        "invalid: images: 8-bit given, equalize.saturation needs RGB");
}
