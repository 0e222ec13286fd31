// What goes into a run, and what comes out of one that keeps the rules.
#include <cmath>

#include "client.hpp"

using namespace testing;

namespace {

Session &results() {
  static Session session(4);
  static const bool once = (session.with("results"), true);
  (void)once;
  return session;
}

// The complement of the images that noise() makes.
Pixels inverted(const Collection &c, int64_t n) {
  Pixels pixels = c.image(n);
  for (size_t i = 0; i < pixels.size(); i++) {
    if (c.info.pixel == SHEAF_RGB && i % 4 == 3) pixels[i] = 0;
    else if (c.info.pixel != SHEAF_F32) pixels[i] = static_cast<uint8_t>(~pixels[i]);
  }
  if (c.info.pixel != SHEAF_F32) return pixels;
  auto reals = values<float>(pixels);
  for (float &v : reals) v = 1 - v;
  std::memcpy(pixels.data(), reals.data(), pixels.size());
  return pixels;
}

}  // namespace

TEST_CASE("an operation on slices computes every image of every pixel type") {
  for (const sheaf_pixel pixel : {SHEAF_U8, SHEAF_U16, SHEAF_F32, SHEAF_RGB, SHEAF_LABEL})
    for (const auto &[w, h, n] : {std::tuple{1, 1, 1}, {7, 3, 2}, {65, 1, 9}, {33, 17, 20}}) {
      Client client(collection(pixel, w, h, n));
      REQUIRE(outcome(results(), "results.invert", client) == "ok");
      const Output &out = client.outputs.at("inverted");
      CHECK(out.info.pixel == pixel);
      REQUIRE(out.images.size() == static_cast<size_t>(n));
      for (const auto &[i, pixels] : out.images) REQUIRE(pixels == inverted(client.inputs[0], i));
    }
}

TEST_CASE("outputs inherit what the input is") {
  Collection c = collection(SHEAF_U16, 4, 3, 12);
  c.info.channels = 2;
  c.info.depth = 3;
  c.info.frames = 2;
  c.info.spacing[0] = 0.1;
  c.info.spacing[1] = 0.2;
  c.info.spacing[2] = 0.5;
  c.info.interval = 30;
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = -32768;
  c.info.value_scale = 1;
  c.unit = "\xc2\xb5m";
  Client client(c);
  REQUIRE(outcome(results(), "results.invert", client) == "ok");
  const Output &out = client.outputs.at("inverted");
  CHECK(out.info.slices == 12);
  CHECK(out.info.channels == 2);
  CHECK(out.info.depth == 3);
  CHECK(out.info.frames == 2);
  CHECK(out.info.spacing[0] == 0.1);
  CHECK(out.info.spacing[2] == 0.5);
  CHECK(out.info.interval == 30);
  CHECK(out.info.value_offset == -32768);
  CHECK(out.info.flags == SHEAF_VALUES_CALIBRATED);
  CHECK(out.unit == "\xc2\xb5m");
  // another pixel type has other values
  const Output &bright = client.outputs.at("bright");
  CHECK(bright.info.pixel == SHEAF_U8);
  CHECK(bright.info.flags == 0);
  CHECK(bright.unit == "\xc2\xb5m");
  CHECK(bright.images.at(11) == Pixels(12, 200));
}

TEST_CASE("an optional output is made only for a client that takes it") {
  Client client(collection(SHEAF_U8, 4, 4, 3));
  client.wants = [](const std::string &name) { return name != "bright" && name != "means"; };
  REQUIRE(outcome(results(), "results.invert", client) == "ok");
  CHECK(client.begun == std::vector<std::string>{"inverted"});
  CHECK(client.tables.empty());
  sheaf_client table = Client(collection(SHEAF_U8, 4, 4, 3)).table();
  Client simple(collection(SHEAF_U8, 4, 4, 3));
  table = simple.table();
  table.wanted = nullptr;  // takes what is not optional
  sheaf_run *run = nullptr;
  REQUIRE(sheaf_run_create(results(), "results.invert", "", &table, &run) == SHEAF_OK);
  CHECK(sheaf_run_execute(run) == SHEAF_OK);
  sheaf_run_destroy(run);
  CHECK(simple.begun == std::vector<std::string>{"inverted"});
  CHECK(simple.tables.size() == 1);
}

TEST_CASE("a client may leave out every callback but those that give images") {
  Client client(collection(SHEAF_U8, 4, 4, 3));
  const sheaf_client full = client.table();
  sheaf_client table{};
  table.size = sizeof table;
  table.context = &client;
  table.inputs = 1;
  table.input_info = full.input_info;
  table.read_slice = full.read_slice;
  for (const char *operation : {"results.invert", "results.report", "results.parallel", "results.sums"}) {
    sheaf_run *run = nullptr;
    REQUIRE(sheaf_run_create(results(), operation, "", &table, &run) == SHEAF_OK);
    CHECK(sheaf_run_execute(run) == SHEAF_OK);
    CHECK(sheaf_run_message(run) == std::string());
    sheaf_run_destroy(run);
  }
}

TEST_CASE("a client of an older, shorter table lacks its last callbacks") {
  Client client(collection(SHEAF_U8, 4, 4, 3));
  sheaf_client table = client.table();
  table.size = offsetof(sheaf_client, column);
  sheaf_run *run = nullptr;
  REQUIRE(sheaf_run_create(results(), "results.invert", "", &table, &run) == SHEAF_OK);
  CHECK(sheaf_run_execute(run) == SHEAF_OK);
  sheaf_run_destroy(run);
  CHECK(client.outputs.at("inverted").images.size() == 3);
  CHECK(client.tables.empty());
  CHECK(client.progress.empty());
}

TEST_CASE("tables come in the order of the schema, with labels or positions") {
  Client client(collection(SHEAF_U8, 5, 5, 3));
  REQUIRE(outcome(results(), "results.invert", client) == "ok");
  REQUIRE(client.tables.at("means").size() == 2);
  CHECK(client.tables.at("means")[0].name == "Label");
  CHECK(client.column("means", "Label").texts == std::vector<std::string>{"1", "2", "3"});
  for (int n = 0; n < 3; n++) {
    double sum = 0;
    for (const uint8_t v : client.inputs[0].image(n)) sum += v;
    CHECK(client.column("means", "mean").numbers[n] == sum / 25);
  }
  Client named(collection(SHEAF_U8, 5, 5, 3));
  named.inputs[0].labels = {"a.tif", "", std::string(5000, 'x')};
  REQUIRE(outcome(results(), "results.invert", named) == "ok");
  CHECK(named.column("means", "Label").texts == std::vector<std::string>{"a.tif", "2", std::string(1023, 'x')});
}

TEST_CASE("an operation reads all its parameters, complete and typed") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  Run run(results(), "results.report", client,
          R"({"flat": "", "mode": "mean", "marks": "[1,2],[3,4]", "count": "7", "name": "\u00e4"})");
  REQUIRE(run.execute() == SHEAF_OK);
  const std::string json =
      R"({"radius":1.5,"count":7,"flat":true,"mode":"mean","levels":[1.0,2.0],"marks":[[1.0,2.0],[3.0,4.0]],)"
      R"("box":[5.0,6.0,7.0,8.0],"name":"ä"})";
  CHECK(client.column("params", "json").texts == std::vector<std::string>{json});
  CHECK(sheaf_run_params(run) == json);
  CHECK(client.column("params", "mode").texts == std::vector<std::string>{"mean!"});
  CHECK(client.column("numbers", "value").numbers ==
        std::vector<double>{1.5, 7, 7, 1, 0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("the parameters in force make the same run again") {
  Client first(collection(SHEAF_U8, 5, 5, 2)), second(collection(SHEAF_U8, 5, 5, 2));
  Run run(results(), "results.report", first, R"({"radius": 0.1, "levels": [0.3, 1e-9]})");
  REQUIRE(run.execute() == SHEAF_OK);
  Run again(results(), "results.report", second, sheaf_run_params(run));
  REQUIRE(again.execute() == SHEAF_OK);
  CHECK(std::string(sheaf_run_params(run)) == sheaf_run_params(again));
  CHECK(first.column("numbers", "value").numbers == second.column("numbers", "value").numbers);
}

TEST_CASE("a declared output has its own size, type and shape") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  REQUIRE(outcome(results(), "results.report", client) == "ok");
  const Output &grid = client.outputs.at("grid");
  CHECK(grid.info.width == 3);
  CHECK(grid.info.height == 2);
  CHECK(grid.info.pixel == SHEAF_U16);
  CHECK(grid.info.channels == 2);
  CHECK(grid.info.frames == 3);
  CHECK(grid.info.spacing[0] == 0.25);
  CHECK(grid.unit == "\xc2\xb5m");
  REQUIRE(grid.images.size() == 6);
  CHECK(values<uint16_t>(grid.images.at(4)) == std::vector<uint16_t>{400, 401, 402, 410, 411, 412});
}

TEST_CASE("regions of interest come with all they hold") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  REQUIRE(outcome(results(), "results.report", client) == "ok");
  REQUIRE(client.rois.size() == 1);
  const Roi &r = client.rois[0];
  CHECK(r.roi.size == sizeof(sheaf_roi));
  CHECK(r.roi.kind == SHEAF_ROI_POLYGON);
  CHECK(r.roi.slice == 1);
  CHECK(r.roi.label == 9);
  CHECK(r.roi.score == 0.5);
  CHECK(r.name == "cell");
  CHECK(r.ring_ends == std::vector<int32_t>{4, 7});
  CHECK(r.xy == std::vector<float>{0, 0, 4, 0, 4, 4, 0, 4, 1, 1, 2, 1, 2, 2});
}

TEST_CASE("plots come as data") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  REQUIRE(outcome(results(), "results.report", client) == "ok");
  CHECK(client.plots ==
        std::vector<Json>{Json::parse(
            R"({"name": "levels", "kind": "curve", "x": [1, 2], "y": [0.1, null], "title": "a \"b\"\n"})")});
  Client other(collection(SHEAF_U8, 5, 5, 2));
  other.wants = [](const std::string &name) { return name != "levels" && name != "rois"; };
  REQUIRE(outcome(results(), "results.report", other) == "ok");
  CHECK(other.plots.empty());
  CHECK(other.rois.empty());
}

TEST_CASE("missing values stay missing") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  REQUIRE(outcome(results(), "results.report", client) == "ok");
  CHECK(std::isnan(client.column("facts", "nothing").numbers.at(0)));
}

TEST_CASE("the region of interest reaches an operation that uses one") {
  Client everything(collection(SHEAF_U8, 5, 4, 2));
  REQUIRE(outcome(results(), "results.report", everything) == "ok");
  CHECK(everything.column("facts", "inside").numbers == std::vector<double>{-1});
  Client part(collection(SHEAF_U8, 5, 4, 2));
  part.inputs[0].mask = Pixels(20, 0);
  for (const int i : {3, 7, 8}) part.inputs[0].mask[i] = 255;
  int asked = 0;
  part.on_mask = [&](sheaf_run *, int64_t) {
    asked++;
    return SHEAF_OK;
  };
  REQUIRE(outcome(results(), "results.report", part) == "ok");
  CHECK(part.column("facts", "inside").numbers == std::vector<double>{3});
  CHECK(asked == 1);
}

TEST_CASE("bodies of a loop share the region of interest, which is read once") {
  Client client(collection(SHEAF_U8, 6, 6, 30));
  client.inputs[0].mask = Pixels(36, 0);
  client.inputs[0].mask[10] = 255;
  int asked = 0;
  client.on_mask = [&](sheaf_run *, int64_t) {
    asked++;
    return SHEAF_OK;
  };
  REQUIRE(outcome(results(), "results.parallel", client) == "ok");
  CHECK(asked == 1);
  for (int n = 0; n < 30; n++) CHECK(client.column("sums", "sum").numbers[n] == client.inputs[0].image(n)[10]);
}

TEST_CASE("several collections are kept apart") {
  Client client;
  client.inputs.push_back(collection(SHEAF_U8, 6, 4, 5));
  client.inputs.push_back(collection(SHEAF_U8, 6, 4, 5));
  client.inputs[1].image = [](int64_t n) { return Pixels(24, static_cast<uint8_t>(n)); };
  client.inputs[1].info.spacing[0] = 3;
  REQUIRE(outcome(results(), "results.difference", client) == "ok");
  const Output &out = client.outputs.at("difference");
  CHECK(out.info.spacing[0] == 3);
  for (int n = 0; n < 5; n++) {
    const auto found = values<float>(out.images.at(n));
    const Pixels a = client.inputs[0].image(n);
    for (size_t i = 0; i < a.size(); i++) CHECK(found[i] == static_cast<float>(a[i] - n));
  }
}

TEST_CASE("a log's lines come in order, with their levels") {
  Client client(collection(SHEAF_U8, 5, 5, 2));
  REQUIRE(outcome(results(), "results.report", client) == "ok");
  CHECK(client.logs ==
        std::vector<std::pair<int, std::string>>{{SHEAF_LOG_INFO, "begun"}, {SHEAF_LOG_WARNING, "nearly done"}});
}

TEST_CASE("a preview computes one image, again and again, without tables") {
  Client client(collection(SHEAF_U16, 5, 4, 6));
  Run run(results(), "results.invert", client);
  REQUIRE(run.created == SHEAF_OK);
  for (const int64_t n : {4, 0, 4, 5}) {
    client.outputs["inverted"].images.clear();
    REQUIRE(sheaf_run_preview(run, n) == SHEAF_OK);
    CHECK(client.outputs["inverted"].images.size() == 1);
    CHECK(client.outputs["inverted"].images.at(n) == inverted(client.inputs[0], n));
  }
  CHECK(client.tables.empty());
  CHECK(client.progress.empty());
  CHECK(client.reads.size() == 3);
  CHECK(sheaf_run_preview(run, 6) == SHEAF_INVALID);
  CHECK(run.message() == "preview: image 7 was asked for, there are 6");
  CHECK(sheaf_run_preview(run, -1) == SHEAF_INVALID);
  CHECK(run.message() == "preview: image 0 was asked for, there are 6");
  CHECK(sheaf_run_execute(run) == SHEAF_INTERNAL);
  CHECK(run.message() == "sheaf_run_execute: this run was used before");
}

TEST_CASE("a preview that fails does not spoil the next one") {
  Client client(collection(SHEAF_U8, 5, 4, 6));
  client.on_read = [](sheaf_run *run, int64_t n) {
    return n % 2 == 0 ? SHEAF_OK : sheaf_run_fail(run, SHEAF_IO, ("lost image " + std::to_string(n)).c_str());
  };
  Run run(results(), "results.invert", client);
  CHECK(sheaf_run_preview(run, 1) == SHEAF_IO);
  CHECK(run.message() == "lost image 1");
  CHECK(sheaf_run_preview(run, 3) == SHEAF_IO);
  CHECK(run.message() == "lost image 3");
  CHECK(sheaf_run_preview(run, 2) == SHEAF_OK);
  CHECK(run.message() == "");
}

TEST_CASE("an operation that is one job has no preview") {
  Client client(collection(SHEAF_U8, 5, 4, 6));
  Run run(results(), "results.sums", client);
  CHECK(sheaf_run_preview(run, 0) == SHEAF_UNSUPPORTED);
  CHECK(run.message() == "results.sums has no preview");
}

TEST_CASE("a run is executed once") {
  Client client(collection(SHEAF_U8, 5, 4, 6));
  Run run(results(), "results.sums", client);
  CHECK(run.execute() == SHEAF_OK);
  CHECK(run.message() == "");
  CHECK(run.execute() == SHEAF_INTERNAL);
  CHECK(run.message() == "sheaf_run_execute: this run was used before");
  CHECK(sheaf_run_preview(run, 0) == SHEAF_INTERNAL);
  CHECK(run.message() == "sheaf_run_preview: this run was executed");
}

// ---- what is refused before anything is computed -------------------------------------

namespace {

std::string refused(const Client &given, const std::string &operation = "results.invert",
                    const std::string &params = "") {
  Client client = given;
  Run run(results(), operation, client, params);
  CHECK(run.created != SHEAF_OK);
  CHECK(client.reads.empty());
  CHECK(sheaf_run_params(run) == std::string());
  CHECK(sheaf_run_execute(run) == SHEAF_INTERNAL);
  return std::string(sheaf_status_name(run.created)) + ": " + run.message();
}

Client with(const std::function<void(sheaf_info &)> &change) {
  Client client(collection(SHEAF_U8, 5, 4, 6));
  change(client.inputs[0].info);
  return client;
}

}  // namespace

TEST_CASE("an unknown operation is refused with the nearest known one") {
  const Client client(collection(SHEAF_U8, 5, 4, 6));
  CHECK(refused(client, "results.inverse") ==
        "invalid: operation: \"results.inverse\" is unknown; did you mean results.invert?");
  CHECK(refused(client, "xyz") == "invalid: operation: \"xyz\" is unknown; 15 operations are loaded");
}

TEST_CASE("wrong parameters are refused before anything is read") {
  const Client client(collection(SHEAF_U8, 5, 4, 6));
  CHECK(refused(client, "results.report", "{\"count\": 1.5}") == "invalid: count: 1.5 given, needs a whole number");
  CHECK(refused(client, "results.report", "{\"cuont\": 1}") ==
        "invalid: cuont: unknown parameter of results.report; did you mean count?");
  CHECK(refused(client, "results.invert", "{\"count\": 1}") ==
        "invalid: count: unknown parameter of results.invert; it has none");
  CHECK_THAT(refused(client, "results.report", "count=3"),
             Catch::StartsWith("invalid: parameters: the text is not JSON: "));
  CHECK(refused(client, "results.report", std::string(100000, '[')) ==
        "invalid: parameters: the text is not JSON: more than 16 levels of brackets");
}

TEST_CASE("images that an operation does not take are refused") {
  CHECK(refused(Client()) == "invalid: images: 0 inputs given, results.invert takes 1: images");
  CHECK(refused(Client(collection(SHEAF_U8, 1, 1, 1)), "results.difference") ==
        "invalid: images: 1 input given, results.difference takes 2: minuend or subtrahend");
  CHECK(refused(with([](sheaf_info &i) { i.slices = i.depth = 0; })) == "invalid: images: there are no images");
  CHECK(refused(with([](sheaf_info &i) { i.width = 0; })) == "invalid: images: the images are 0 x 4 pixels");
  CHECK(refused(with([](sheaf_info &i) { i.height = -4; })) == "invalid: images: the images are 5 x -4 pixels");
  CHECK(refused(with([](sheaf_info &i) { i.pixel = SHEAF_F32; }), "results.report") ==
        "invalid: images: 32-bit given, results.report needs 8-bit or 16-bit");
  CHECK(refused(with([](sheaf_info &i) { i.pixel = 77; })) ==
        "invalid: images: unknown given, results.invert needs 8-bit, 16-bit, 32-bit or RGB, also of labels");
  CHECK(refused(Client(collection(SHEAF_U8, 5, 4, 1)), "results.whole") ==
        "invalid: images: 1 image given, results.whole needs 2 or more");
}

TEST_CASE("a hyperstack whose shape does not fit its images is a client's mistake") {
  CHECK(refused(with([](sheaf_info &i) { i.channels = 4; })) ==
        "internal: images: 6 images, but 4 channels x 6 depths x 1 frames");
  CHECK(refused(with([](sheaf_info &i) { i.channels = i.depth = i.frames = 2147483647; })) ==
        "internal: images: 6 images, but 2147483647 channels x 2147483647 depths x 2147483647 frames");
  // an unset shape is a plain list
  Client plain = with([](sheaf_info &i) { i.channels = i.frames = 0; });
  CHECK(outcome(results(), "results.invert", plain) == "ok");
  CHECK(plain.outputs.at("inverted").info.frames == 1);
}

TEST_CASE("a client that cannot describe its images says why") {
  Client client(collection(SHEAF_U8, 5, 4, 6));
  client.on_info = [](sheaf_run *run, int64_t) { return sheaf_run_fail(run, SHEAF_IO, "the window was closed"); };
  CHECK(refused(client) == "io: the window was closed");
  client.on_info = [](sheaf_run *, int64_t) { return SHEAF_IO; };
  CHECK(refused(client) == "io: images: the client cannot describe this input");
}
