// HTTPS against a server with a certificate made here: accepted only when it is trusted and for that name.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "net/egress.h"
#include "os/file.h"
#include "os/signals.h"

namespace shoal::net {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Certificate sign_itself(EVP_PKEY* key, std::string const& subject) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  auto* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>("test"), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

// Answers `connections` connections with "hi" over TLS, then ends.
class TlsServer {
 public:
  explicit TlsServer(std::string const& subject)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free),
        certificate_(sign_itself(key_.get(), subject)),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 4) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  TlsServer(TlsServer const&) = delete;
  TlsServer& operator=(TlsServer const&) = delete;
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::string certificate() const {
    std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate_.get());
    char* data = nullptr;
    long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  }
  int requests() const { return requests_; }

 private:
  void serve() {
    while (true) {
      int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      SSL* tls = SSL_new(context_.get());
      SSL_set_fd(tls, connection);
      char request[4096];
      if (SSL_accept(tls) == 1 && SSL_read(tls, request, sizeof request) > 0) {
        ++requests_;
        std::string const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
      }
      SSL_free(tls);
      ::close(connection);
    }
  }

  Key key_;
  Certificate certificate_;
  Context context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { os::ignore_broken_pipes(); }  // of a client that hangs up in the handshake

  Result<HttpResponse> get(TlsServer const& server, std::string const& trusted) {
    auto folder = os::TemporaryFolder::create("shoal-tls");
    EXPECT_TRUE(folder);
    std::string const file = folder->path() + "/trusted.pem";
    EXPECT_TRUE(os::write_file_atomically(file, trusted));
    char const* before = std::getenv("SSL_CERT_FILE");
    std::string const kept = before != nullptr ? before : "";
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    auto response = egress_.fetch(account_, HttpRequest{.url = server.url()});
    if (before != nullptr) {
      setenv("SSL_CERT_FILE", kept.c_str(), 1);
    } else {
      unsetenv("SSL_CERT_FILE");
    }
    return response;
  }

  Egress egress_{Proxies{}};
  EgressAccount account_{EgressPolicy{.allow = EgressPolicy::Allow::all}};
};

TEST_F(TlsTest, ATrustedCertificateForThatNameIsAccepted) {
  TlsServer server("IP:127.0.0.1");
  auto response = get(server, server.certificate());
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "hi");
  // The handshake counts as well.
  EXPECT_GT(account_.report().total.bytes_in, 500u);
}

TEST_F(TlsTest, AnUnknownCertificateIsNot) {
  TlsServer server("IP:127.0.0.1");
  TlsServer other("IP:127.0.0.1");
  auto response = get(server, other.certificate());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_NE(response.error().message().find("certificate"), std::string::npos);
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(TlsTest, ACertificateForAnotherNameIsNot) {
  TlsServer server("DNS:elsewhere.org");
  auto response = get(server, server.certificate());
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().message().find("certificate"), std::string::npos) << response.error().message();
  EXPECT_EQ(server.requests(), 0);
}

}  // namespace
}  // namespace shoal::net
