// Whole operations of a bundled plugin, run through sheaf.h on images in memory.
#pragma once

#include "core/client.hpp"
#include "pixels.hpp"

namespace operation {

using testing::Client;
using testing::Json;

// A collection of images of one channel, or of several if `channels` says so.
template <class T>
testing::Collection collection(const std::vector<pixels::Image<T>> &images, int channels = 1) {
  auto c =
      testing::collection(sheaf::pixel_of<T>, images[0].width, images[0].height, static_cast<int64_t>(images.size()));
  c.info.channels = channels;
  c.info.depth = static_cast<int32_t>(images.size()) / channels;
  c.image = [images](int64_t n) {
    const auto &image = images[static_cast<size_t>(n)];
    return testing::packed({const_cast<T *>(image.data.data()), image.view().row_bytes(), image.width, image.height,
                            sheaf::pixel_of<T>, 0});
  };
  return c;
}

inline testing::Pixels region(const pixels::Image<uint8_t> &mask) {
  return testing::packed(
      {const_cast<uint8_t *>(mask.data.data()), mask.view().row_bytes(), mask.width, mask.height, SHEAF_U8, 0});
}

// Runs it, requires success and returns what came out.
inline Client run(const char *plugin, const char *id, testing::Collection collection,
                  const Json &params = Json::object(), int threads = 2, const std::set<std::string> &unwanted = {}) {
  testing::Session session(threads);
  session.with(plugin);
  Client client(std::move(collection));
  client.wants = [&](const std::string &name) { return !unwanted.contains(name); };
  INFO(params.dump());
  REQUIRE(testing::outcome(session, id, client, params.dump()) == "ok");
  client.wants = nullptr;
  return client;
}

// How it ends: "ok", or its status and message.
inline std::string outcome(const char *plugin, const char *id, testing::Collection collection, const Json &params) {
  testing::Session session(1);
  session.with(plugin);
  Client client(std::move(collection));
  return testing::outcome(session, id, client, params.dump());
}

// The image that a preview of image n shows.
inline testing::Pixels preview(const char *plugin, const char *id, testing::Collection collection, const Json &params,
                               int64_t n, const char *output) {
  testing::Session session(2);
  session.with(plugin);
  Client client(std::move(collection));
  testing::Run run(session, id, client, params.dump());
  REQUIRE(run.created == SHEAF_OK);
  REQUIRE(sheaf_run_preview(run, n) == SHEAF_OK);
  REQUIRE(client.outputs.at(output).images.size() == 1);
  return client.outputs.at(output).images.at(n);
}

template <class T>
std::vector<T> image(const Client &client, const char *output, int64_t n) {
  return testing::values<T>(client.outputs.at(output).images.at(n));
}

}  // namespace operation
