// exchange/pipeline/src/thread_name.hpp - what top and a profiler call a thread.
// Room:   exchange_pipeline, private.
#pragma once

#include <pthread.h>

namespace spillway {

/// At most 15 characters.
inline void name_this_thread(char const* name) { (void)::pthread_setname_np(::pthread_self(), name); }

}  // namespace spillway
