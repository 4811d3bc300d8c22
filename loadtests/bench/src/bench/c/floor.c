/* The floor: what a C loop pays the kernel to send the same bytes to every socket.
 *
 * An epoll server that answers every subscriber's handshake with fixed headers, takes messages of a
 * fixed size on a control port, frames each once (an HTTP chunk, or a WebSocket text frame) and sends
 * it to everybody. No parsing, no resume, no limits: nothing useful can cost less than this.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 65536
#define MESSAGE_MAX 65536

static const char SSE_HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\n: ok\n\r\n";
/* Our clients all send the key of RFC 6455's example, so its answer is a constant. */
static const char WS_HEAD[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static int subscribers[MOST], place[MOST], subscriber_count, websocket, epoll;
static char message[MESSAGE_MAX], framed[MESSAGE_MAX + 64];
static size_t message_bytes, taken;

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int listen_on(int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  /* As the feed's listener: bounded kernel memory for one slow peer. */
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){128 * 1024}, sizeof(int));
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) die("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

static void take_in(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= MOST) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    place[fd] = -1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void leave(int fd) {
  if (place[fd] >= 0) {
    int last = subscribers[--subscriber_count];
    subscribers[place[fd]] = last;
    place[last] = place[fd];
  }
  close(fd);
}

static void hear(int fd) {
  char request[4096];
  ssize_t n = recv(fd, request, sizeof request, 0);
  if (n <= 0) {
    if (n == 0 || errno != EAGAIN) leave(fd);
    return;
  }
  if (place[fd] >= 0) return; /* a join frame, a pong */
  const char *head = websocket ? WS_HEAD : SSE_HEAD;
  send(fd, head, strlen(head), MSG_NOSIGNAL);
  place[fd] = subscriber_count;
  subscribers[subscriber_count++] = fd;
}

static size_t frame(void) {
  if (!websocket) {
    int head = sprintf(framed, "%zx\r\n", message_bytes);
    memcpy(framed + head, message, message_bytes);
    memcpy(framed + head + message_bytes, "\r\n", 2);
    return (size_t)head + message_bytes + 2;
  }
  size_t head = 2;
  framed[0] = (char)0x81;
  if (message_bytes < 126) {
    framed[1] = (char)message_bytes;
  } else {
    framed[1] = 126, framed[2] = (char)(message_bytes >> 8), framed[3] = (char)message_bytes;
    head = 4;
  }
  memcpy(framed + head, message, message_bytes);
  return head + message_bytes;
}

static void fan_out(void) {
  size_t size = frame();
  /* A full socket loses the event: a server has to do better, the floor need not. */
  for (int i = 0; i < subscriber_count; i++) send(subscribers[i], framed, size, MSG_NOSIGNAL);
}

static int take_messages(int fd) {
  for (;;) {
    ssize_t n = recv(fd, message + taken, message_bytes - taken, 0);
    if (n == 0) return close(fd), -1;
    if (n < 0) return fd;
    taken += (size_t)n;
    if (taken == message_bytes) fan_out(), taken = 0;
  }
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: floor PORT CONTROL_PORT sse|ws MESSAGE_BYTES\n");
    return 64;
  }
  websocket = !strcmp(argv[3], "ws");
  message_bytes = strtoul(argv[4], NULL, 10);
  if (!message_bytes || message_bytes > MESSAGE_MAX) return 64;
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll = epoll_create1(0);
  int listener = listen_on(atoi(argv[1])), control = listen_on(atoi(argv[2])), publisher = -1;
  struct epoll_event events[512];
  for (;;) {
    int count = epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        take_in(fd);
      } else if (fd == control) {
        publisher = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
        taken = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = publisher};
        epoll_ctl(epoll, EPOLL_CTL_ADD, publisher, &event);
      } else if (fd == publisher) {
        publisher = take_messages(fd);
      } else {
        hear(fd);
      }
    }
  }
}
