// attest/backend/x86/kernel.hpp - what each kernel file gives to the module that carries it.
// Room:   attest, private to the x86 back ends.
#pragma once

#include "cpu_backend.hpp"

namespace spillway::attest::x86 {

extern CpuKernel const
    kernel;  // data only: the kernel's file is compiled for instructions that may be missing

}  // namespace spillway::attest::x86
