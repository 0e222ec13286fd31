# One function for each kind of target; every flag of the project is set here.

# What every target of ours gets: warnings, language level, hidden symbols, portable code.
add_library(sheaf_flags INTERFACE)
target_compile_features(sheaf_flags INTERFACE cxx_std_20)
target_compile_options(sheaf_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers -fvisibility=hidden
                       $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden> -ffunction-sections -fdata-sections
                       -ffp-contract=off)
# x86-64-v2 is what every processor of the last twelve years has; faster
# instruction sets are chosen at run time, function by function.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(sheaf_flags INTERFACE -march=x86-64-v2)
endif()
target_link_options(sheaf_flags INTERFACE -Wl,--gc-sections)
if(SHEAF_SANITIZE)
  target_compile_options(sheaf_flags INTERFACE -fsanitize=${SHEAF_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(sheaf_flags INTERFACE -fsanitize=${SHEAF_SANITIZE})
endif()

# Shared libraries that end up in somebody's ImageJ carry their C++ runtime with
# them, resolve everything at link time and export only what `exports` lists.
function(sheaf_shippable target exports)
  target_link_options(${target} PRIVATE -Wl,-z,defs -Wl,--exclude-libs,ALL
                      -Wl,--version-script=${exports})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${exports})
  if(NOT SHEAF_SANITIZE)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  else()
    # the sanitizer's runtime is in the executable, -z defs cannot see it
    target_link_options(${target} PRIVATE -Wl,-z,undefs)
  endif()
endfunction()

# sheaf_add_plugin(NAME SOURCES...): plugins/<NAME> as a loadable library
# sheaf-plugins/sheaf_<NAME>.so that exports sheaf_plugin_v1 alone, and as an
# object library <NAME>_algorithms for the tests.
function(sheaf_add_plugin name)
  add_library(${name}_algorithms OBJECT ${ARGN})
  set_target_properties(${name}_algorithms PROPERTIES POSITION_INDEPENDENT_CODE ON)
  # Loops over pixels become vector code only at -O3, and without errno and traps, which
  # nobody reads; all three leave every result as it is.
  if(NOT SHEAF_SANITIZE)
    target_compile_options(${name}_algorithms PRIVATE $<$<NOT:$<CONFIG:Debug>>:-O3> -fno-math-errno -fno-trapping-math)
  endif()
  target_include_directories(${name}_algorithms PUBLIC ${PROJECT_SOURCE_DIR}/plugins)
  target_link_libraries(${name}_algorithms PUBLIC sheaf::headers sheaf_flags sheaf_opencv)
  add_library(sheaf_${name} MODULE $<TARGET_OBJECTS:${name}_algorithms>)
  target_link_libraries(sheaf_${name} PRIVATE sheaf_flags sheaf_opencv)
  set_target_properties(sheaf_${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/sheaf-plugins)
  sheaf_shippable(sheaf_${name} ${PROJECT_SOURCE_DIR}/plugins/exports.map)
  set_property(GLOBAL APPEND PROPERTY SHEAF_PLUGIN_TARGETS sheaf_${name})
  # beside libsheaf, where a session looks for them
  install(TARGETS sheaf_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/sheaf-plugins COMPONENT runtime)
endfunction()

# Labels tests with the folders they come from below tests/ (core, plugins, ...),
# so that ctest -L can choose.
function(sheaf_label_tests)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" ";" labels "${folder}")
  set_tests_properties(${ARGN} PROPERTIES LABELS "${labels}")
endfunction()

# Catch2's assertions under a sanitizer take three times as long to compile when
# they are optimised, and run no test noticeably faster. What is tested stays optimised.
function(sheaf_quick_to_compile target)
  if(SHEAF_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
endfunction()

# sheaf_add_test(NAME SOURCES... [LIBRARIES ...]): a Catch2 program, one ctest.
# Algorithms (programs without the host, libsheaf) have threads only in the cases tagged
# [threads], and ThreadSanitizer, which makes them twenty times slower, sees those alone.
function(sheaf_add_test name)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  add_executable(test_${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(test_${name} PRIVATE sheaf_flags sheaf_test_main ${arg_LIBRARIES})
  sheaf_quick_to_compile(test_${name})
  set(cases "")
  if(SHEAF_SANITIZE MATCHES thread AND arg_LIBRARIES MATCHES "_algorithms" AND NOT "sheaf" IN_LIST arg_LIBRARIES)
    set(cases -w NoTests [threads])
    set(threaded "")
    foreach(source ${arg_UNPARSED_ARGUMENTS})
      file(STRINGS ${source} lines REGEX "^TEST_CASE.*\\[threads\\]")
      list(APPEND threaded ${lines})
    endforeach()
    if(NOT threaded)
      return()
    endif()
  endif()
  add_test(NAME ${name} COMMAND test_${name} ${cases})
  sheaf_label_tests(${name})
endfunction()

# sheaf_add_script_test(NAME SCRIPT ARGUMENTS...): a Python program that exits
# with another status than 0 if something is wrong, or if it cannot tell.
function(sheaf_add_script_test name script)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
  sheaf_label_tests(${name})
endfunction()
