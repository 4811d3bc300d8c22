/* A crowd of subscribers to one server, on one core: opens connections, counts what arrives, checks.
 *
 * Told what to do by lines on standard input, answers each with one line of JSON:
 *   connect N          open N more and wait until each has seen the ready text
 *   start, stop        the window in which deliveries, delays and this process' own lag are counted
 *   await SEQ SECONDS  wait until every reading connection has had SEQ (needs --verify)
 *   stall N            the first N connections never read again
 *   drop               close all; what each had last is kept
 *   resume CONST SECS  all again, at once, each with Last-Event-ID = its last + CONST in the slot
 * A delivery is one marker byte in what arrives: nothing is parsed in the hot loop. Delays are taken
 * on every --sample'th connection, from the intended time after the stamp; --verify reads the stamp
 * on every connection: "@<16 digits us>:<10 digits sequence>".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define ROOM 64 /* in front of what is read: the tail of what came before */
#define READ (256 * 1024)
/* What has to be there to read a stamp: "1795343351242000:0000000012:", or just a time. */
#define CHECKED_BYTES 28
#define TIMED_BYTES 18
#define PER_ADDRESS 20000 /* connections from one 127.0.0.x: its ports are some 28,000 */
#define AT_A_TIME 256 /* handshakes under way, below every server's backlog */
#define STALLED_BUFFER 4096

enum phase { CLOSED, HEAD, JOINING, LIVE };
struct conn {
  int fd;
  uint8_t phase, sampled, stalled, kept, caught;
  char tail[ROOM];
  uint64_t sequence;
};

static struct conn *conns;
static size_t conn_count, live, failed, lost_connections, next_open, open_until, opening, most_at_once;
static int epoll, port, websocket, verify, small_buffers;
static char marker = '@';
static const char *stamp = "@", *ready_text = "\r\n\r\n";
static char *request, *join;
static size_t request_bytes, join_bytes, stamp_bytes, sample = 20;
static long slot = -1;
static char room[ROOM + READ];

static uint64_t deliveries, bytes_in, gaps, missing, repeats, window_began, window_ended;
static int measuring;
static struct tally delays, loops, catching_up;
static uint64_t resumed_at;
static long long resume_const;
static size_t caught_up;

static enum { NOTHING, CONNECT, AWAIT, RESUME } pending;
static uint64_t command_began, deadline, awaited;

static void *slurp(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  if (!f) perror(path), exit(1);
  char *bytes = malloc(65536);
  *size = fread(bytes, 1, 65536, f);
  fclose(f);
  return bytes;
}

/* ---------------------------------------------------------------- what arrives */

static void check(struct conn *c, uint64_t sequence) {
  /* The first one of all is 1: whoever checks is there before the publisher. */
  if (sequence > c->sequence + 1) gaps++, missing += sequence - c->sequence - 1;
  if (sequence <= c->sequence) {
    repeats++;
    return;
  }
  c->sequence = sequence;
}

/* Microseconds from "1795343351242000" or "1795343351.242". */
static uint64_t read_time(const char **p, const char *end) {
  uint64_t us = 0;
  while (*p < end && **p >= '0' && **p <= '9') us = us * 10 + (uint64_t)(*(*p)++ - '0');
  if (*p == end || **p != '.') return us;
  int digits = 0;
  for ((*p)++; *p < end && **p >= '0' && **p <= '9'; (*p)++)
    if (digits++ < 6) us = us * 10 + (uint64_t)(**p - '0');
  for (; digits < 6; digits++) us *= 10;
  return us;
}

static void stamped(struct conn *c, const char *p, const char *end, uint64_t now) {
  uint64_t intended = read_time(&p, end), sequence = 0;
  if (verify && *p == ':') {
    for (p++; p < end && *p >= '0' && *p <= '9'; p++) sequence = sequence * 10 + (uint64_t)(*p - '0');
    check(c, sequence);
  }
  if (measuring && c->sampled && intended >= window_began) tally_add(&delays, (int64_t)(now - intended));
  if (resumed_at && !c->caught && intended >= resumed_at) {
    c->caught = 1, caught_up++;
    tally_add(&catching_up, (int64_t)(now - resumed_at));
  }
}

/* Puts what was kept before `bytes`; returns where to begin. There is room in front of bytes. */
static char *with_tail(struct conn *c, char *bytes) {
  memcpy(bytes - c->kept, c->tail, c->kept);
  bytes -= c->kept;
  c->kept = 0;
  return bytes;
}

static void keep(struct conn *c, const char *from, const char *end) {
  c->kept = (uint8_t)(end - from);
  memcpy(c->tail, from, c->kept);
}

static void read_stamps(struct conn *c, char *bytes, char *end, uint64_t now) {
  char *p = with_tail(c, bytes);
  size_t needed = stamp_bytes + (verify ? CHECKED_BYTES : TIMED_BYTES);
  for (;;) {
    char *found = memmem(p, (size_t)(end - p), stamp, stamp_bytes);
    if (!found) {
      size_t rest = (size_t)(end - p);
      keep(c, end - (rest < stamp_bytes - 1 ? rest : stamp_bytes - 1), end);
      return;
    }
    if ((size_t)(end - found) < needed) {
      keep(c, found, end);
      return;
    }
    stamped(c, found + stamp_bytes, end, now);
    p = found + stamp_bytes;
  }
}

static void take(struct conn *c, char *bytes, size_t size) {
  char *end = bytes + size;
  if (measuring) {
    bytes_in += size;
    for (char *p = bytes; (p = memchr(p, marker, (size_t)(end - p))); p++) deliveries++;
  }
  if (verify || c->sampled) read_stamps(c, bytes, end, now_us());
}

/* ---------------------------------------------------------------- connections */

static void shut(struct conn *c) {
  close(c->fd);
  if (c->phase == LIVE) live--;
  c->phase = CLOSED, c->kept = 0;
}

static void fail(struct conn *c) {
  if (c->phase == LIVE) lost_connections++;
  else failed++, opening--;
  shut(c);
}

static void write_slot(const struct conn *c) {
  if (slot < 0) return;
  unsigned long long id = (unsigned long long)((long long)c->sequence + resume_const);
  for (int i = 18; i >= 0; i--, id /= 10) request[slot + i] = (char)('0' + id % 10);
}

static void open_one(size_t index) {
  struct conn *c = &conns[index];
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) perror("socket"), exit(1);
  if (small_buffers) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){STALLED_BUFFER}, sizeof(int));
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / PER_ADDRESS));
  setsockopt(c->fd, SOL_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &(int){1}, sizeof(int));
  bind(c->fd, (struct sockaddr *)&from, sizeof from);
  to.sin_port = htons((uint16_t)port), to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  opening++;
  c->phase = HEAD;
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) {
    fail(c);
    return;
  }
  struct epoll_event event = {.events = EPOLLOUT, .data.u64 = index};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void ask(size_t index) {
  struct conn *c = &conns[index];
  write_slot(c);
  if (send(c->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) {
    fail(c);
    return;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
  epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
}

/* Looks for a text across reads; returns what follows it, or NULL. */
static char *seek(struct conn *c, const char *text, char *bytes, char *end) {
  size_t size = strlen(text);
  char *p = with_tail(c, bytes), *found = memmem(p, (size_t)(end - p), text, size);
  if (found) return found + size;
  size_t rest = (size_t)(end - p);
  keep(c, end - (rest < size - 1 ? rest : size - 1), end);
  return NULL;
}

/* The beginning of a connection; returns what is data already, or NULL. */
static char *begin(struct conn *c, char *bytes, char *end) {
  if (c->phase == HEAD) {
    if (!c->kept && (end - bytes < 12 || memcmp(bytes + 9, websocket ? "101" : "200", 3))) {
      fail(c);
      return NULL;
    }
    bytes = seek(c, "\r\n\r\n", bytes, end);
    if (!bytes) return NULL;
    c->phase = JOINING;
    if (join && send(c->fd, join, join_bytes, MSG_NOSIGNAL) != (ssize_t)join_bytes) {
      fail(c);
      return NULL;
    }
    if (!*ready_text) goto begun;
  }
  bytes = seek(c, ready_text, bytes, end);
  if (!bytes) return NULL;
begun:
  c->phase = LIVE, live++, opening--;
  return bytes;
}

static void hear(size_t index) {
  struct conn *c = &conns[index];
  char *bytes = room + ROOM;
  ssize_t n = recv(c->fd, bytes, READ, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    fail(c);
    return;
  }
  char *end = bytes + n;
  if (websocket && c->phase == LIVE && (uint8_t)bytes[0] == 0x89 && n < 128) /* ping */
    send(c->fd, "\x8a\x80\0\0\0\0", 6, MSG_NOSIGNAL);
  if (c->phase != LIVE && !(bytes = begin(c, bytes, end))) return;
  if (bytes < end) take(c, bytes, (size_t)(end - bytes));
}

/* ---------------------------------------------------------------- commands */

static void open_some(void) {
  while (next_open < open_until && opening < most_at_once) open_one(next_open++);
}

static void reserve(size_t count) {
  conns = realloc(conns, count * sizeof *conns);
  for (size_t i = conn_count; i < count; i++)
    conns[i] = (struct conn){.sampled = sample && i % sample == 0};
  conn_count = count;
}

static void say_window(void) {
  tally_sort(&delays), tally_sort(&loops);
  printf("{\"deliveries\":%lu,\"bytes\":%lu,\"seconds\":%.6f,\"live\":%zu,\"lost\":%zu,"
         "\"samples\":%zu,\"p50_us\":%ld,\"p99_us\":%ld,\"p999_us\":%ld,\"max_us\":%ld,"
         "\"loop_p99_us\":%ld,\"loop_max_us\":%ld}\n",
         deliveries, bytes_in, (double)(window_ended - window_began) / 1e6, live, lost_connections,
         delays.count, tally_at(&delays, .5), tally_at(&delays, .99), tally_at(&delays, .999),
         tally_at(&delays, 1), tally_at(&loops, .99), tally_at(&loops, 1));
}

static void say_checked(void) {
  uint64_t least = UINT64_MAX, greatest = 0, behind = 0;
  for (size_t i = 0; i < conn_count; i++) {
    if (conns[i].stalled) continue;
    if (conns[i].sequence < awaited) behind += awaited - conns[i].sequence;
    if (conns[i].sequence < least) least = conns[i].sequence;
    if (conns[i].sequence > greatest) greatest = conns[i].sequence;
  }
  printf("{\"least\":%lu,\"greatest\":%lu,\"gaps\":%lu,\"missing\":%lu,\"behind\":%lu,\"repeats\":%lu,"
         "\"live\":%zu,\"lost\":%zu,\"seconds\":%.6f}\n",
         least, greatest, gaps, missing, behind, repeats, live, lost_connections,
         (double)(now_us() - command_began) / 1e6);
}

static void say_caught_up(void) {
  tally_sort(&catching_up);
  printf("{\"caught_up\":%zu,\"of\":%zu,\"p50_us\":%ld,\"p99_us\":%ld,\"max_us\":%ld,\"gaps\":%lu,"
         "\"missing\":%lu,\"repeats\":%lu,\"failed\":%zu,\"lost\":%zu}\n",
         caught_up, conn_count, tally_at(&catching_up, .5), tally_at(&catching_up, .99),
         tally_at(&catching_up, 1), gaps, missing, repeats, failed, lost_connections);
}

static int all_have(uint64_t sequence) {
  for (size_t i = 0; i < conn_count; i++)
    if (!conns[i].stalled && conns[i].phase == LIVE && conns[i].sequence < sequence) return 0;
  return 1;
}

/* Answers the pending command once it is done, or its time is over. */
static void settle(uint64_t now) {
  int late = now > deadline;
  if (pending == CONNECT && ((!opening && next_open == open_until) || late))
    printf("{\"live\":%zu,\"failed\":%zu,\"seconds\":%.6f}\n", live, failed,
           (double)(now - command_began) / 1e6);
  else if (pending == AWAIT && (all_have(awaited) || late))
    say_checked();
  else if (pending == RESUME && (caught_up + failed >= conn_count || late))
    say_caught_up();
  else
    return;
  fflush(stdout);
  pending = NOTHING;
}

static void stall(size_t count) {
  for (size_t i = 0; i < count && i < conn_count; i++) {
    conns[i].stalled = 1, conns[i].sampled = 0;
    epoll_ctl(epoll, EPOLL_CTL_DEL, conns[i].fd, NULL);
  }
}

static void obey(char *line) {
  double a = 0, b = 0;
  char word[16] = "";
  sscanf(line, "%15s %lf %lf", word, &a, &b);
  command_began = now_us(), deadline = command_began + 60000000;
  if (!strcmp(word, "connect")) {
    pending = CONNECT, most_at_once = AT_A_TIME;
    next_open = conn_count, open_until = conn_count + (size_t)a;
    reserve(open_until);
    return;
  }
  if (!strcmp(word, "await")) {
    pending = AWAIT, awaited = (uint64_t)a, deadline = command_began + (uint64_t)(b * 1e6);
    return;
  }
  if (!strcmp(word, "resume")) {
    pending = RESUME, most_at_once = SIZE_MAX, deadline = command_began + (uint64_t)(b * 1e6);
    resume_const = (long long)a, resumed_at = command_began, next_open = 0, open_until = conn_count;
    return;
  }
  if (!strcmp(word, "start")) {
    deliveries = bytes_in = delays.count = loops.count = 0;
    measuring = 1, window_began = command_began;
    puts("{}");
  } else if (!strcmp(word, "stop")) {
    measuring = 0, window_ended = command_began;
    say_window();
  } else if (!strcmp(word, "stall")) {
    stall((size_t)a);
    puts("{}");
  } else if (!strcmp(word, "buffers")) {
    small_buffers = (int)a;
    puts("{}");
  } else if (!strcmp(word, "drop")) {
    for (size_t i = 0; i < conn_count; i++)
      if (conns[i].phase != CLOSED) shut(&conns[i]);
    puts("{}");
  } else {
    fprintf(stderr, "subscribers: what is \"%s\"?\n", word);
    exit(64);
  }
  fflush(stdout);
}

static void listen_to_orders(void) {
  static char orders[4096];
  static size_t have;
  ssize_t n = read(0, orders + have, sizeof orders - have);
  if (n <= 0) exit(0); /* whoever started us is gone */
  have += (size_t)n;
  for (char *end; (end = memchr(orders, '\n', have));) {
    *end = 0;
    obey(orders);
    have -= (size_t)(end + 1 - orders);
    memmove(orders, end + 1, have);
  }
}

static void run(void) {
  struct epoll_event events[512], orders = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &orders);
  for (;;) {
    int count = epoll_wait(epoll, events, 512, pending ? 50 : -1);
    uint64_t began = now_us();
    for (int i = 0; i < count; i++) {
      if (events[i].data.u64 == UINT64_MAX) listen_to_orders();
      else if (events[i].events & EPOLLOUT) ask(events[i].data.u64);
      else if (conns[events[i].data.u64].phase != CLOSED) hear(events[i].data.u64);
    }
    uint64_t now = now_us();
    if (measuring) tally_add(&loops, (int64_t)(now - began));
    if (pending) open_some(), settle(now);
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},  {"websocket", 0, 0, 'w'}, {"request", 1, 0, 'q'}, {"join", 1, 0, 'j'},
      {"ready", 1, 0, 'r'}, {"marker", 1, 0, 'm'},    {"stamp", 1, 0, 's'},   {"sample", 1, 0, 'k'},
      {"verify", 0, 0, 'v'}, {"slot", 1, 0, 'S'},     {0}};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
      case 'p': port = atoi(optarg); break;
      case 'w': websocket = 1; break;
      case 'q': request = slurp(optarg, &request_bytes); break;
      case 'j': join = slurp(optarg, &join_bytes); break;
      case 'r': ready_text = optarg; break;
      case 'm': marker = *optarg; break;
      case 's': stamp = optarg; break;
      case 'k': sample = strtoul(optarg, NULL, 10); break;
      case 'v': verify = 1; break;
      case 'S': slot = atol(optarg); break;
      default: return 64;
    }
  if (!request || !port) return 64;
  stamp_bytes = strlen(stamp);
  signal(SIGPIPE, SIG_IGN), signal(SIGINT, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll = epoll_create1(0);
  run();
}
