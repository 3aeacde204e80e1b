#include <gtest/gtest.h>

#include "os/memory_file.h"
#include "os/socket.h"
#include "value/json.h"
#include "value/value.h"
#include "wire/channel.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/value_codec.h"

namespace shoal::wire {
namespace {

std::pair<Channel, Channel> connected() {
  auto ends = os::socket_pair().value();
  return {Channel(std::move(ends.first), End::host), Channel(std::move(ends.second), End::worker)};
}

TEST(FrameReader, FindsFramesHoweverTheStreamIsCut) {
  Frame const first{FrameType::call, 0, 7, "{\"a\":1}"};
  Frame const second{FrameType::ping, 0, 0, ""};
  auto const stream = encode(first) + encode(second);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader reader;
    std::vector<Frame> frames;
    for (auto const part : {std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) {
      reader.feed(part);
      while (auto frame = reader.next().value()) frames.push_back(std::move(*frame));
    }
    ASSERT_EQ(frames.size(), 2u) << "cut at " << cut;
    EXPECT_EQ(frames[0].payload, first.payload);
    EXPECT_EQ(frames[0].call, 7u);
    EXPECT_EQ(frames[1].type, FrameType::ping);
  }
}

TEST(FrameReader, RefusesALengthOverTheLimit) {
  FrameReader reader;
  reader.feed(std::string("\xff\xff\xff\xff\x06\x00\x00\x00", 8) + std::string(8, '\0'));
  auto const next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), Code::invalid_argument);
}

TEST(Frame, HeaderIsLittleEndianAsDocumented) {
  auto const bytes = encode({FrameType::call, kHasDescriptor, 0x0102030405060708, "xy"});
  EXPECT_EQ(bytes, std::string("\x02\0\0\0\x06\0\x01\0\x08\x07\x06\x05\x04\x03\x02\x01xy", 18));
}

TEST(Channel, CarriesPayloadsOfEverySize) {
  auto [host, worker] = connected();
  for (std::size_t const size :
       {0ul, 1ul, kInlinePayloadBytes, kInlinePayloadBytes + 1, 3ul << 20, 20ul << 20}) {
    ASSERT_TRUE(host.send(FrameType::call, size, std::string(size, 'x')));
    ASSERT_TRUE(host.flush());
    auto const received = worker.receive().value();
    ASSERT_EQ(received.size(), 1u) << size;
    EXPECT_EQ(received[0].frame.payload, std::string(size, 'x'));
    EXPECT_EQ(received[0].frame.call, size);
  }
}

TEST(Channel, KeepsWhatTheSocketDoesNotTake) {
  auto [host, worker] = connected();
  int const frames = 200;
  for (int i = 0; i < frames; ++i)
    ASSERT_TRUE(host.send(FrameType::call, 1, std::string(kInlinePayloadBytes, 'x')));
  ASSERT_TRUE(host.flush());
  EXPECT_TRUE(host.has_unsent());
  std::size_t received = 0;
  while (received < frames) {
    received += worker.receive().value().size();
    ASSERT_TRUE(host.flush());
  }
  EXPECT_FALSE(host.has_unsent());
  EXPECT_EQ(host.unsent_bytes(), 0u);
}

TEST(Channel, SaysThatThePeerIsGone) {
  auto ends = os::socket_pair().value();
  Channel host(std::move(ends.first), End::host);
  ends.second.close();
  EXPECT_EQ(host.receive().error().code(), Code::unavailable);
}

// What a host makes of a frame whose payload lies in a memory file and says it has `size`.
Result<std::vector<Received>> from_worker(std::string_view payload, std::string size) {
  auto ends = os::socket_pair().value();
  auto const buffer = os::create_sealed_buffer(payload).value();
  int const descriptor = buffer.get();
  EXPECT_TRUE(os::send(ends.first.get(), encode({FrameType::result, kPayloadInBuffer, 1, std::move(size)}),
                       {&descriptor, 1}));
  return Channel(std::move(ends.second), End::host).receive();
}

TEST(Channel, RefusesAPayloadThatWouldFillTheMemory) {
  EXPECT_EQ(from_worker("{}", "1099511627776").error().code(), Code::invalid_argument);
  auto const large = std::string(kMaxPayloadBytes + 1, ' ');
  EXPECT_EQ(from_worker(large, std::to_string(large.size())).error().code(), Code::invalid_argument);
  EXPECT_TRUE(from_worker("{}", "2"));
}

TEST(Channel, AWorkerIsToldThatAnAnswerIsTooLargeAndAHostMaySendMore) {
  auto [host, worker] = connected();
  auto const large = std::string(kMaxPayloadBytes + 1, 'x');
  EXPECT_EQ(worker.send(FrameType::result, 1, large).error().code(), Code::out_of_memory);
  EXPECT_TRUE(host.send(FrameType::call, 1, large));
}

TEST(Message, ThereIsABoundToTheValuesThatAHostTakesFromAWorker) {
  std::string many = "[0";
  for (std::size_t i = 0; i < kMaxPayloadValues; ++i) many += ",0";
  EXPECT_FALSE(payload_from_worker({FrameType::result, 0, 1, many + "]"}));
  EXPECT_EQ(text_for_host(Json::parse(many + "]").value()).error().code(), Code::out_of_memory);
  EXPECT_TRUE(payload_from_worker({FrameType::result, 0, 1, "[0]"}));
}

TEST(Channel, RefusesADescriptorThatDidNotCome) {
  auto ends = os::socket_pair().value();
  auto const bytes = encode({FrameType::buffer, kHasDescriptor, 1, "{}"});
  ASSERT_TRUE(os::send(ends.first.get(), bytes));
  EXPECT_EQ(Channel(std::move(ends.second), End::host).receive().error().code(), Code::invalid_argument);
}

TEST(ValueCodec, BlobsArriveWithTheirFacts) {
  auto [host, worker] = connected();
  auto const blob =
      value::Blob::own(std::string(100'000, 'p'), {"application/pdf", "a.pdf", -1, std::nullopt});
  auto const sent = value::Value::record({{"document", blob}, {"dpi", 300}});
  auto const json = send_blobs(host, 5, sent, Hashes::stated).value();
  ASSERT_TRUE(host.flush());
  BufferInbox inbox(BufferInbox::Peer::trusted);
  for (auto& received : worker.receive().value()) ASSERT_TRUE(inbox.add(std::move(received)));
  auto const value = inbox.take_value(5, json).value();
  EXPECT_EQ(value, sent);
  EXPECT_EQ(value["document"].as_blob()->name(), "a.pdf");
  EXPECT_EQ(value["document"].as_blob()->media_type(), "application/pdf");
}

TEST(ValueCodec, AHostDoesNotBelieveAStatedHash) {
  auto [host, worker] = connected();
  auto const lie = value::Blob::own("bytes", {"text/plain", "", -1, sha256("other bytes")});
  auto const json = send_blobs(worker, 1, lie, Hashes::stated).value();
  ASSERT_TRUE(worker.flush());
  BufferInbox inbox(BufferInbox::Peer::untrusted);
  for (auto& received : host.receive().value()) ASSERT_TRUE(inbox.add(std::move(received)));
  EXPECT_EQ(inbox.take_value(1, json).value().as_blob()->hash(), sha256("bytes"));
}

TEST(ValueCodec, AWorkerBelievesItsHostsHash) {
  auto [host, worker] = connected();
  auto const blob = value::Blob::own("bytes", {"text/plain", "", -1, sha256("known before")});
  auto const json = send_blobs(host, 1, blob, Hashes::stated).value();
  ASSERT_TRUE(host.flush());
  BufferInbox inbox(BufferInbox::Peer::trusted);
  for (auto& received : worker.receive().value()) ASSERT_TRUE(inbox.add(std::move(received)));
  EXPECT_EQ(inbox.take_value(1, json).value().as_blob()->hash(), sha256("known before"));
}

TEST(ValueCodec, ABlobTravelsOnceAndAnInputIsOnlyReferredTo) {
  auto [host, worker] = connected();
  auto const input = value::Blob::own("input", {});
  auto const made = value::Blob::own("made", {});
  auto const inputs = value::blobs_of(value::Value::record({{"document", input}}));
  auto const sent = value::Value::list({input, made, input, made});
  auto const json = send_blobs(worker, 1, sent, Hashes::left_out, inputs).value();
  ASSERT_TRUE(worker.flush());
  BufferInbox inbox(BufferInbox::Peer::untrusted);
  auto received = host.receive().value();
  EXPECT_EQ(received.size(), 1u);
  for (auto& each : received) ASSERT_TRUE(inbox.add(std::move(each)));
  auto const value = inbox.take_value(1, json, inputs).value();
  EXPECT_EQ(value, sent);
  EXPECT_EQ(value.as_list()[2].as_blob(), input);
}

TEST(ValueCodec, RefusesAReferenceToABufferThatDidNotCome) {
  BufferInbox inbox(BufferInbox::Peer::untrusted);
  auto const json = Json::object({{"x", Json::object({{"$buffer", 3}})}});
  EXPECT_EQ(inbox.take_value(1, json).error().code(), Code::invalid_argument);
  auto const input = Json::object({{"$input", 0}});
  EXPECT_EQ(inbox.take_value(1, input).error().code(), Code::invalid_argument);
}

TEST(Message, RoundTrips) {
  auto const call = call_request_from(to_json(CallRequest{"echo", 4, Json::object({{"a", 1}})})).value();
  EXPECT_EQ(call.operation, "echo");
  EXPECT_EQ(call.model, 4u);
  EXPECT_EQ(call.inputs["a"], Json(1));
  EXPECT_EQ(call.length, 0);
  EXPECT_EQ(call_request_from(to_json(CallRequest{"echo", 4, {}, {}, 512})).value().length, 512);
  auto const reply = load_reply_from(to_json(LoadReply{Json("m"), {1, 2, 3, 4}})).value();
  EXPECT_EQ(reply.memory.total(), 10u);
  EXPECT_EQ(error_from(to_json(Error(Code::busy, "full"))), Error(Code::busy, "full"));
}

TEST(Message, UnknownMembersAreIgnoredAndMissingOnesNamed) {
  EXPECT_TRUE(hello_from(Json::object({{"protocol", 1}, {"news", true}})));
  auto const missing = call_request_from(Json::object({{"model", 1}}));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("operation"), std::string::npos);
}

}  // namespace
}  // namespace shoal::wire
