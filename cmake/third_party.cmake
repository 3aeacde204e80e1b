# Libraries of others. Debian's are found here under their usual target names:
#   nlohmann_json::nlohmann_json  yaml-cpp  CLI11::CLI11  spdlog::spdlog  fmt::fmt  Boost::headers  OpenSSL::SSL
#   SQLite::SQLite3  PkgConfig::seccomp  PkgConfig::tesseract  PkgConfig::leptonica  PkgConfig::re2  PkgConfig::utf8proc
# Those of third_party.lock are made when a target first asks for them, so a build without engines needs none:
#   third_party::llama  third_party::pdfium

set(missing)
macro(shoal_find package target)
  find_package(${package} ${ARGN} QUIET)
  if(NOT TARGET ${target})
    list(APPEND missing ${package})
  endif()
endmacro()

shoal_find(nlohmann_json nlohmann_json::nlohmann_json)
shoal_find(yaml-cpp yaml-cpp)
shoal_find(CLI11 CLI11::CLI11)
shoal_find(spdlog spdlog::spdlog)
shoal_find(fmt fmt::fmt)
shoal_find(Boost Boost::headers 1.81)
shoal_find(OpenSSL OpenSSL::SSL)
shoal_find(SQLite3 SQLite::SQLite3)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  foreach(pair IN ITEMS seccomp=libseccomp tesseract=tesseract leptonica=lept re2=re2 utf8proc=libutf8proc)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 module)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(NOT TARGET PkgConfig::${name} AND NOT (name STREQUAL "seccomp" AND NOT CMAKE_SYSTEM_NAME STREQUAL "Linux"))
      list(APPEND missing ${name})
    endif()
  endforeach()
else()
  list(APPEND missing pkg-config)
endif()
if(SHOAL_TESTS)
  shoal_find(GTest GTest::gtest_main)
endif()
if(SHOAL_BENCH)
  shoal_find(benchmark benchmark::benchmark_main)
endif()
if(missing)
  list(JOIN missing " " missing)
  message(FATAL_ERROR "Not found: ${missing}. `scripts/setup` installs what the build needs (`scripts/setup --dry-run` lists it).")
endif()

# Makes a part of third_party.lock ready and sets `out` to its folder. The script fetches, verifies and compiles into the
# cache if it is not there yet, which takes minutes for llama.cpp, once per machine and compiler.
function(shoal_third_party_folder part out)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/third_party.lock ${PROJECT_SOURCE_DIR}/scripts/third-party)
  # Not our own compiler and flags: all presets share one build, which the C++ library makes possible.
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env --unset=CFLAGS --unset=CXXFLAGS --unset=LDFLAGS SHOAL_LLAMA_DIR=${SHOAL_LLAMA_DIR}
      ${PROJECT_SOURCE_DIR}/scripts/third-party ${part}
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT IS_DIRECTORY "${folder}")
    message(FATAL_ERROR "scripts/third-party ${part} failed: its words are above")
  endif()
  set(${out} ${folder} PARENT_SCOPE)
endfunction()

# Makes the targets third_party::… that are among `libraries`.
function(shoal_third_party)
  if("third_party::llama" IN_LIST ARGN AND NOT TARGET third_party::llama)
    shoal_third_party_folder(llama folder)
    add_library(third_party::llama INTERFACE IMPORTED GLOBAL)
    target_include_directories(third_party::llama SYSTEM INTERFACE ${folder}/include ${folder}/common)
    set(archives)
    foreach(archive IN ITEMS llama_common_parts mtmd llama ggml ggml-cpu ggml-base vendor-hash)
      if(EXISTS ${folder}/lib/lib${archive}.a)
        list(APPEND archives ${folder}/lib/lib${archive}.a)
      endif()
    endforeach()
    target_link_libraries(third_party::llama INTERFACE ${archives} Threads::Threads ${CMAKE_DL_LIBS} m)
    install(FILES ${folder}/LICENSE DESTINATION share/shoal/licenses RENAME llama.cpp.txt)
  endif()
  if("third_party::pdfium" IN_LIST ARGN AND NOT TARGET third_party::pdfium)
    shoal_third_party_folder(pdfium folder)
    # The library goes with the program, in the build folder as in an installation.
    file(COPY ${folder}/lib/libpdfium.so DESTINATION ${PROJECT_BINARY_DIR}/lib/shoal)
    add_library(third_party::pdfium SHARED IMPORTED GLOBAL)
    set_target_properties(third_party::pdfium PROPERTIES
      IMPORTED_LOCATION ${PROJECT_BINARY_DIR}/lib/shoal/libpdfium.so
      IMPORTED_SONAME libpdfium.so
      INTERFACE_INCLUDE_DIRECTORIES ${folder}/include)
    install(FILES ${folder}/lib/libpdfium.so DESTINATION lib/shoal)
    install(FILES ${folder}/LICENSE DESTINATION share/shoal/licenses RENAME pdfium.txt)
  endif()
endfunction()
