"""The benchmark: this feed and this chat beside what others use, in one run on one machine."""
