/* An open-loop publisher: message i is due at start + i / rate, whatever happened to those before it.
 *
 * The message is a template; its slots (intended time, sequence number, key) have fixed widths, so
 * every protocol that takes bytes on one connection will do: NATS, HTTP with keep-alive, WebSocket.
 * Says at its end how late it was. Answers of the server are read and thrown away.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define BATCH (256 * 1024)
#define SLOTS 64

enum kind { TIME_US, TIME_S, SEQUENCE, KEY };
static const char *const KINDS[] = {"us", "s", "seq", "key"};
struct slot {
  enum kind kind;
  size_t at;
};

static struct slot slots[SLOTS];
static int slot_count, link_fd;
static unsigned keys = 1;
static char first_reply[129];
static volatile sig_atomic_t stopping;

static void on_signal(int signal) {
  (void)signal;
  stopping = 1;
}

static void die(const char *what) {
  fprintf(stderr, "publisher: %s: %s\n", what, strerror(errno));
  exit(1);
}

static char *slurp(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (!f) die(path);
  char *bytes = malloc(BATCH);
  *size = fread(bytes, 1, BATCH, f);
  fclose(f);
  return bytes;
}

static void digits(char *at, int width, uint64_t number) {
  for (int i = width - 1; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
}

static void fill(char *message, uint64_t intended, uint64_t sequence) {
  for (int i = 0; i < slot_count; i++) {
    char *at = message + slots[i].at;
    switch (slots[i].kind) {
      case TIME_US: digits(at, 16, intended); break;
      case TIME_S:
        digits(at, 10, intended / 1000000), digits(at + 11, 6, intended % 1000000);
        at[10] = '.';
        break;
      case SEQUENCE: digits(at, 10, sequence); break;
      case KEY: digits(at, 3, sequence % keys); break;
    }
  }
}

/* Reads what the server says; a nats-server ends a connection that leaves its PINGs unanswered. */
static ssize_t drain(char *reply, size_t size) {
  ssize_t n = recv(link_fd, reply, size - 1, MSG_DONTWAIT);
  if (n == 0) errno = ECONNRESET, die("the server ended the connection");
  if (n < 0) return n;
  reply[n] = 0;
  if (!first_reply[0]) snprintf(first_reply, sizeof first_reply, "%s", reply);
  if (n >= 6 && memmem(reply, (size_t)n, "PING\r\n", 6)) send(link_fd, "PONG\r\n", 6, MSG_NOSIGNAL);
  return n;
}

static void send_all(const char *bytes, size_t size) {
  char reply[65536];
  while (size) {
    ssize_t n = send(link_fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) bytes += n, size -= (size_t)n;
    if (n < 0 && errno != EAGAIN) die("send");
    if (n < 0) {
      struct pollfd both = {.fd = link_fd, .events = POLLIN | POLLOUT};
      poll(&both, 1, 1000);
      if (both.revents & POLLIN) drain(reply, sizeof reply);
    }
  }
}

static void await(const char *text) {
  char reply[65536];
  size_t have = 0;
  while (!memmem(reply, have, text, strlen(text))) {
    struct pollfd one = {.fd = link_fd, .events = POLLIN};
    if (poll(&one, 1, 5000) != 1) errno = ETIMEDOUT, die(text);
    ssize_t n = recv(link_fd, reply + have, sizeof reply - have, 0);
    if (n <= 0) die("the server ended the handshake");
    have += (size_t)n;
  }
}

static void sleep_until(uint64_t us) {
  struct timespec t = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static uint64_t publish(const char *template, size_t size, uint64_t start, double rate,
                        uint64_t count, struct tally *late) {
  char *batch = malloc(BATCH), reply[65536];
  size_t most = BATCH / size;
  uint64_t i = 0;
  while (i < count && !stopping) {
    uint64_t due = start + (uint64_t)((double)i * 1e6 / rate);
    if (now_us() < due) sleep_until(due);
    uint64_t now = now_us();
    size_t ready = 0;
    for (; i < count && ready < most; i++, ready++) {
      due = start + (uint64_t)((double)i * 1e6 / rate);
      if (due > now) break;
      char *message = batch + ready * size;
      memcpy(message, template, size);
      fill(message, due, i + 1);
      tally_add(late, (int64_t)(now - due));
    }
    send_all(batch, ready * size);
    while (drain(reply, sizeof reply) > 0) continue;
  }
  free(batch);
  return i;
}

static void add_slot(char *text) {
  char *colon = strchr(text, ':');
  if (!colon || slot_count == SLOTS) errno = EINVAL, die("--slot");
  *colon = 0;
  for (size_t kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++)
    if (!strcmp(text, KINDS[kind])) {
      slots[slot_count++] = (struct slot){(enum kind)kind, strtoul(colon + 1, NULL, 10)};
      return;
    }
  errno = EINVAL, die("--slot");
}

static void dial(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  link_fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(link_fd, (struct sockaddr *)&to, sizeof to)) die("connect");
  setsockopt(link_fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void say(uint64_t sent, struct tally *late) {
  tally_sort(late);
  printf("{\"sent\":%lu,\"late_p50_us\":%ld,\"late_p99_us\":%ld,\"late_max_us\":%ld,\"reply\":\"",
         (unsigned long)sent, tally_at(late, .5), tally_at(late, .99), tally_at(late, 1));
  for (char *c = first_reply; *c; c++) putchar(*c < ' ' || *c == '"' || *c == '\\' ? ' ' : *c);
  puts("\"}");
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},  {"preamble", 1, 0, 'b'}, {"await", 1, 0, 'a'}, {"template", 1, 0, 't'},
      {"slot", 1, 0, 's'},  {"keys", 1, 0, 'k'},     {"rate", 1, 0, 'r'},  {"count", 1, 0, 'n'},
      {"start", 1, 0, 'S'}, {0}};
  int port = 0, option;
  const char *preamble = NULL, *answer = NULL, *template = NULL;
  double rate = 1;
  uint64_t count = 0, start = 0;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
      case 'p': port = atoi(optarg); break;
      case 'b': preamble = optarg; break;
      case 'a': answer = optarg; break;
      case 't': template = optarg; break;
      case 's': add_slot(optarg); break;
      case 'k': keys = (unsigned)atoi(optarg); break;
      case 'r': rate = atof(optarg); break;
      case 'n': count = strtoull(optarg, NULL, 10); break;
      case 'S': start = strtoull(optarg, NULL, 10); break;
      default: return 64;
    }
  struct sigaction act = {.sa_handler = on_signal};
  sigaction(SIGTERM, &act, NULL);
  signal(SIGINT, SIG_IGN);
  dial(port);
  size_t size;
  if (preamble) {
    char *bytes = slurp(preamble, &size);
    send_all(bytes, size);
    if (answer) await(answer);
  }
  char *bytes = slurp(template, &size);
  struct tally late = {0};
  uint64_t sent = publish(bytes, size, start, rate, count, &late);
  usleep(100000); /* what the server says to the last one */
  char reply[65536];
  while (drain(reply, sizeof reply) > 0) continue;
  say(sent, &late);
}
