/* Time as everybody here tells it: Unix time in microseconds. */
#ifndef CLOCK_H
#define CLOCK_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* Durations in microseconds, kept as they are: quantiles of the whole, not of buckets. */
#define TALLY_MAX (1u << 22)
struct tally {
  uint32_t *of;
  size_t count, dropped;
};

static inline void tally_add(struct tally *t, int64_t us) {
  if (!t->of && !(t->of = malloc(TALLY_MAX * sizeof *t->of))) exit(70);
  if (t->count == TALLY_MAX) {
    t->dropped++;
    return;
  }
  t->of[t->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static inline int tally_order(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Sorts; call before tally_at. */
static inline void tally_sort(struct tally *t) {
  if (t->count) qsort(t->of, t->count, sizeof *t->of, tally_order);
}

/* The nearest-rank quantile, -1 where nothing was counted. */
static inline long tally_at(const struct tally *t, double q) {
  if (!t->count) return -1;
  size_t rank = (size_t)(q * (double)t->count);
  return (long)t->of[rank < t->count ? rank : t->count - 1];
}

#endif
