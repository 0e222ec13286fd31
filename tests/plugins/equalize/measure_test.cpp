// equalize.measure as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize", *id = "equalize.measure";

std::vector<Image<uint16_t>> textures(int count, int width = 64, int height = 60) {
  std::vector<Image<uint16_t>> images;
  for (int i = 0; i < count; i++) {
    images.push_back(pixels::texture<uint16_t>(width, height, 30 + static_cast<uint32_t>(i), 1));
    for (auto &p : images.back().data) p = static_cast<uint16_t>(p / 4 + 5000);
  }
  return images;
}

Client measured(testing::Collection collection, const Json &params = Json::object(), int threads = 2) {
  return operation::run(plugin, id, std::move(collection), params, threads);
}

const std::vector<double> &numbers(const Client &client, const std::string &name) {
  return client.column("quality", name).numbers;
}
const std::vector<std::string> &texts(const Client &client, const std::string &name) {
  return client.column("quality", name).texts;
}
bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the quality report names a dark, a blurred and a blank image") {
  auto images = textures(12);
  for (auto &p : images[3].data) p /= 2;
  images[7] = pixels::texture<uint16_t>(64, 60, 37, 5);
  for (auto &p : images[7].data) p = static_cast<uint16_t>(p / 4 + 5000);
  images[9] = Image<uint16_t>(64, 60, 9000);
  auto c = operation::collection(images);
  c.labels.resize(12);
  c.labels[3] = "night";
  const Client client = measured(c);
  for (size_t i = 0; i < 12; i++) {
    INFO(i << ": " << texts(client, "outlier")[i]);
    CHECK(texts(client, "verdict")[i] == (i == 9 ? "blank" : i == 3 || i == 7 ? "outlier" : "ok"));
  }
  CHECK(contains(texts(client, "outlier")[3], "brightness low"));
  CHECK(contains(texts(client, "outlier")[7], "laplacian_variance low"));
  CHECK(contains(texts(client, "outlier")[7], "spectrum_slope low"));
  CHECK(texts(client, "outlier")[9].empty());
  CHECK(numbers(client, "deviation")[3] > 5);
  REQUIRE(client.logs.size() == 3);
  CHECK(client.logs[0].second.starts_with("equalize.measure: image 4 (night): "));
  CHECK(client.logs[2].second == "equalize.measure: image 10: blank");
  // with a higher threshold there are fewer
  const Client lenient = measured(c, {{"threshold", 1000}});
  CHECK(texts(lenient, "verdict")[3] == "ok");
}

TEST_CASE("the table of qualities has the columns of the contract in their order") {
  const Client client = measured(operation::collection(textures(5)));
  std::vector<std::string> names;
  for (const auto &column : client.tables.at("quality")) names.push_back(column.name);
  CHECK(names == std::vector<std::string>{"Label", "brightness", "contrast", "sharpness", "local_contrast",
                                          "local_contrast_sd", "local_mean_sd", "laplacian_variance", "tenengrad",
                                          "spectrum_slope", "saturated", "dark", "entropy", "deviation", "outlier",
                                          "verdict"});
}

TEST_CASE("brightness, contrast and sharpness are those that equalize.match reports") {
  const auto images = operation::collection(textures(3));
  const Client ours = measured(images), match = operation::run(plugin, "equalize.match", images);
  for (const std::string name : {"brightness", "contrast", "sharpness"})
    for (size_t i = 0; i < 3; i++)
      CHECK(numbers(ours, name)[i] == Approx(match.column("equalization", name + "_before").numbers[i]).epsilon(1e-7));
}

TEST_CASE("images that are nearly alike have no outliers") {
  auto images = std::vector<Image<uint16_t>>(8, textures(1)[0]);
  images[5](3, 3) += 40;
  const Client client = measured(operation::collection(images));
  CHECK(texts(client, "verdict") == std::vector<std::string>(8, "ok"));
  CHECK(client.logs.empty());
}

TEST_CASE("saturated and dark pixels have the end of the range of their channel") {
  std::vector<Image<uint16_t>> images = textures(6);
  for (auto &image : images)
    for (auto &p : image.data) p = std::min<uint16_t>(p, 20000);
  for (int x = 0; x < 64; x++) images[2](x, 7) = 20000;
  const Client client = measured(operation::collection(images));
  CHECK(numbers(client, "saturated")[2] > numbers(client, "saturated")[1]);
  std::vector<Image<uint8_t>> bytes(5, pixels::texture<uint8_t>(20, 20, 5));
  for (int y = 0; y < 20; y++) bytes[1](3, y) = 0;
  bytes[4] = Image<uint8_t>(20, 20, 100);
  const Client small = measured(operation::collection(bytes));
  CHECK(numbers(small, "dark")[1] >= 0.05);
  CHECK(numbers(small, "dark")[4] == 0);
  CHECK(numbers(small, "saturated")[4] == 0);
}

TEST_CASE("the number of threads changes no measure") {
  const auto images = operation::collection(textures(9));
  const Client one = measured(images, Json::object(), 1), three = measured(images, Json::object(), 3);
  for (const char *name :
       {"brightness", "sharpness", "local_contrast", "laplacian_variance", "spectrum_slope", "entropy", "deviation"})
    CHECK(numbers(one, name) == numbers(three, name));
  CHECK(texts(one, "outlier") == texts(three, "outlier"));
}

TEST_CASE("every channel has outliers of its own") {
  auto images = textures(16);
  for (size_t i = 1; i < 16; i += 2)
    for (auto &p : images[i].data) p /= 2;  // the second channel is dark as a whole
  const Client client = measured(operation::collection(images, 2));
  CHECK(texts(client, "verdict") == std::vector<std::string>(16, "ok"));
  CHECK(client.plots.at(0)["x"].size() == 17);
}

TEST_CASE("measures are in calibrated units") {
  auto c = operation::collection(textures(4));
  const Client raw = measured(c);
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = 10;
  c.info.value_scale = -0.5;
  const Client calibrated = measured(c);
  CHECK(numbers(calibrated, "brightness")[0] == Approx(10 - 0.5 * numbers(raw, "brightness")[0]));
  CHECK(numbers(calibrated, "tenengrad")[0] == Approx(0.25 * numbers(raw, "tenengrad")[0]));
  CHECK(numbers(calibrated, "dark")[0] == numbers(raw, "saturated")[0]);
}

TEST_CASE("few images have no outliers, and the log says so") {
  const Client client = measured(operation::collection(textures(3)));
  CHECK(texts(client, "verdict") == std::vector<std::string>(3, "ok"));
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].second ==
        "equalize.measure: outliers are looked for among 4 images of a channel or more; here there are 3");
}

TEST_CASE("the plot shows the measure asked for, and marks the most unusual image") {
  auto images = textures(8);
  for (auto &p : images[5].data) p /= 2;
  const Client client = measured(operation::collection(images), {{"show", "brightness"}});
  const auto &plot = client.plots.at(0);
  CHECK(plot["y"].get<std::vector<double>>() == numbers(client, "brightness"));
  CHECK(plot["mark"] == 6);
}
