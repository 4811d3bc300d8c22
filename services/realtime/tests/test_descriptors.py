import os
import resource

from realtime.descriptors import UNLIMITED, descriptor_limit, first_free_descriptor


def test_the_first_free_one_is_what_the_next_open_gets() -> None:
    free = first_free_descriptor()
    opened = os.open(os.devnull, os.O_RDONLY)
    try:
        assert opened == free
        assert first_free_descriptor() > free
    finally:
        os.close(opened)
    assert first_free_descriptor() == free


def test_the_limit_is_the_present_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert descriptor_limit() == (UNLIMITED if soft == resource.RLIM_INFINITY else soft)
    lower = first_free_descriptor() + 64
    resource.setrlimit(resource.RLIMIT_NOFILE, (lower, hard))
    try:
        assert descriptor_limit() == lower
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
