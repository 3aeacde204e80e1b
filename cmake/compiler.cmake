# Warnings and sanitizers. Every target of ours links shoal_options; nothing of a third party does.

add_library(shoal_options INTERFACE)
target_compile_definitions(shoal_options INTERFACE SHOAL_VERSION="${PROJECT_VERSION}")
target_compile_options(shoal_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Wvla -Wcast-align -Wunused
  # Designated initializers that leave the rest at its default are our way to pass options.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(shoal_options INTERFACE
    -Wduplicated-cond -Wlogical-op
    # These four are wrong too often in gcc 12 with optimisation (std::string, std::optional, std::variant).
    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(SHOAL_WERROR)
  target_compile_options(shoal_options INTERFACE -Werror)
endif()

set(sanitizers)
if(SHOAL_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(SHOAL_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread)
  # gcc says that TSan does not see stand-alone fences; Asio has some, we have none.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(shoal_options INTERFACE -Wno-tsan)
  endif()
elseif(SHOAL_SANITIZE STREQUAL "fuzz")
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SHOAL_SANITIZE=fuzz needs clang (the fuzz preset takes clang++-14; scripts/setup --group check installs it)")
  endif()
  # fuzzer-no-link counts coverage in all code; shoal_fuzzer() adds libFuzzer's main.
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
elseif(SHOAL_SANITIZE)
  message(FATAL_ERROR "SHOAL_SANITIZE is '${SHOAL_SANITIZE}': address, thread, fuzz or nothing")
endif()
if(sanitizers)
  target_compile_options(shoal_options INTERFACE ${sanitizers} -fno-omit-frame-pointer)
  target_link_options(shoal_options INTERFACE ${sanitizers})
endif()

find_package(Threads REQUIRED)
target_link_libraries(shoal_options INTERFACE Threads::Threads)
