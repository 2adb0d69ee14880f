# One function makes every room alike: a static library with its public headers under include/, warnings as errors,
# each header compiled alone, and third-party libraries linked PRIVATE so that they stay in the room that speaks to them.
#
#   spillway_room(NAME journal SRCS src/segment.cpp ... DEPS market PRIVATE_DEPS ... LIBS PkgConfig::LMDB)
#   spillway_test(ROOM journal NAME segment_test SRCS segment_test.cpp DEPS journal)
#
# A test program takes the files of one subject; OPTIMIZED is for one that runs millions of commands of its own.

set(SPILLWAY_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND SPILLWAY_WARNINGS -Wno-sign-conversion)  # part of clang's -Wconversion, not of gcc's
endif()

if(SPILLWAY_SANITIZE)
  set(SPILLWAY_SANITIZER_FLAGS -fsanitize=${SPILLWAY_SANITIZE} -fno-omit-frame-pointer)
  # Each of these guards every access through a pointer or every step of one, and together they double the time to
  # compile. A null pointer and one beyond its object are found by the address sanitizer when they are used; the machine
  # tolerates misaligned reads, and the codecs copy bytes.
  if(SPILLWAY_SANITIZE MATCHES undefined)
    list(APPEND SPILLWAY_SANITIZER_FLAGS
      -fno-sanitize=null,alignment,vptr,object-size,pointer-overflow,nonnull-attribute,returns-nonnull-attribute)
  endif()
endif()

# The sanitizer presets compile files of a target together (CMAKE_UNITY_BUILD): less than half the time from a clean clone.
# Then a class may hold a type of an unnamed namespace, and a name of one file may hide another file's: the other
# presets look at each file alone.
if(CMAKE_UNITY_BUILD)
  list(APPEND SPILLWAY_WARNINGS -Wno-shadow)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND SPILLWAY_WARNINGS -Wno-subobject-linkage)
  endif()
endif()

function(spillway_options target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_compile_options(${target} PRIVATE ${SPILLWAY_WARNINGS})
  if(SPILLWAY_SANITIZE)
    target_compile_options(${target} PUBLIC ${SPILLWAY_SANITIZER_FLAGS})
    target_link_options(${target} PUBLIC ${SPILLWAY_SANITIZER_FLAGS})
  endif()
  if(SPILLWAY_FUZZ)  # libFuzzer steers by the coverage of the rooms, not only of the target itself
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# The parts whose layout follows a profile (bench/profile.sh). Data lie beside the objects, so training and use share one
# build folder and the other rooms are compiled once; a compiler cache would not see the data.
function(spillway_profiled target)
  if(SPILLWAY_PROFILE STREQUAL "train")
    target_compile_options(${target} PRIVATE -fprofile-generate -fprofile-update=single)
    target_link_options(${target} PUBLIC -fprofile-generate)
  elseif(SPILLWAY_PROFILE STREQUAL "use")
    target_compile_options(${target} PRIVATE -fprofile-use -fprofile-partial-training -Wno-missing-profile)
  endif()
  if(SPILLWAY_PROFILE)
    set_target_properties(${target} PROPERTIES C_COMPILER_LAUNCHER "" CXX_COMPILER_LAUNCHER "")
  endif()
endfunction()

# For folders whose code is run briefly in the suites: half the time to compile.
macro(spillway_compiled_quickly)
  if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-O0)
  endif()
endmacro()

function(spillway_room)
  cmake_parse_arguments(R "" "NAME;INCLUDE" "SRCS;DEPS;PRIVATE_DEPS;LIBS" ${ARGN})
  if(NOT R_INCLUDE)
    set(R_INCLUDE include)
  endif()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${R_INCLUDE}/*.hpp)
  add_library(spillway_${R_NAME} STATIC ${R_SRCS})
  add_library(spillway::${R_NAME} ALIAS spillway_${R_NAME})
  target_sources(spillway_${R_NAME} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/${R_INCLUDE} FILES ${headers})
  set_target_properties(spillway_${R_NAME} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  spillway_options(spillway_${R_NAME})
  # The tests drive these rooms with millions of commands, and a challenge has a time limit.
  if(SPILLWAY_SANITIZE AND R_NAME MATCHES "^(market|matching|settlement|exchange_core|attest|attest_backend)$")
    target_compile_options(spillway_${R_NAME} PRIVATE -O1)
  endif()
  foreach(dep IN LISTS R_DEPS)
    target_link_libraries(spillway_${R_NAME} PUBLIC spillway::${dep})
  endforeach()
  foreach(dep IN LISTS R_PRIVATE_DEPS)
    target_link_libraries(spillway_${R_NAME} PRIVATE spillway::${dep})
  endforeach()
  foreach(lib IN LISTS R_LIBS)
    target_link_libraries(spillway_${R_NAME} PRIVATE ${lib})
  endforeach()
endfunction()

function(spillway_test)
  cmake_parse_arguments(T "OPTIMIZED" "ROOM;NAME;TIMEOUT" "SRCS;DEPS;LIBS;LABELS" ${ARGN})
  set(cost 0)
  if(T_TIMEOUT)
    set(cost ${T_TIMEOUT})  # who may take long starts first
  else()
    set(T_TIMEOUT 120)
  endif()
  add_executable(${T_ROOM}_${T_NAME} ${T_SRCS})
  spillway_options(${T_ROOM}_${T_NAME})
  if(T_OPTIMIZED)
    target_compile_options(${T_ROOM}_${T_NAME} PRIVATE -O1)
  endif()
  target_link_libraries(${T_ROOM}_${T_NAME} PRIVATE GTest::gtest_main GTest::gmock ${T_LIBS})
  foreach(dep IN LISTS T_DEPS)
    target_link_libraries(${T_ROOM}_${T_NAME} PRIVATE spillway::${dep})
  endforeach()
  target_compile_definitions(${T_ROOM}_${T_NAME} PRIVATE SPILLWAY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    SPILLWAY_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  gtest_discover_tests(${T_ROOM}_${T_NAME} TEST_PREFIX "${T_ROOM}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${T_TIMEOUT} COST ${cost} LABELS "${T_ROOM};${T_LABELS}")
endfunction()

# A parser's fuzz target: libFuzzer under clang. clang 14 needs the macro for libstdc++'s <expected>.
function(spillway_fuzz)
  cmake_parse_arguments(F "" "NAME" "SRCS;DEPS" ${ARGN})
  if(NOT SPILLWAY_FUZZ)
    return()
  endif()
  add_executable(fuzz_${F_NAME} ${F_SRCS})
  target_compile_features(fuzz_${F_NAME} PRIVATE cxx_std_23)
  target_compile_options(fuzz_${F_NAME} PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_${F_NAME} PRIVATE -fsanitize=fuzzer)
  foreach(dep IN LISTS F_DEPS)
    target_link_libraries(fuzz_${F_NAME} PRIVATE spillway::${dep})
  endforeach()
endfunction()
