# build/dist: the tree of a Fiji update site, which also works when its content is
# copied into the folder of a plain ImageJ.
set(dist ${PROJECT_BINARY_DIR}/dist)
set(dist_lib ${dist}/lib/${SHEAF_PLATFORM})
get_property(plugin_targets GLOBAL PROPERTY SHEAF_PLUGIN_TARGETS)
get_target_property(jar sheaf_jar SHEAF_JAR)
list(TRANSFORM plugin_targets REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE plugin_files)
file(GLOB example_macros CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/macros/*.ijm)
file(GLOB license_texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/packaging/licenses/*)

# A library is shipped under its SONAME and without symbols that only a debugger reads.
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/dist.stamp
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${dist}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${dist}/plugins ${dist_lib}/sheaf-plugins ${dist}/macros/Sheaf ${dist}/licenses/sheaf
  COMMAND ${CMAKE_COMMAND} -E copy ${jar} ${dist}/plugins
  COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_SONAME_FILE:sheaf> ${dist_lib}/$<TARGET_SONAME_FILE_NAME:sheaf>
  COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:sheaf_jni> ${dist_lib}
  COMMAND ${CMAKE_COMMAND} -E copy ${plugin_files} ${dist_lib}/sheaf-plugins
  COMMAND ${CMAKE_COMMAND} -DDIR=${dist_lib} -DSTRIP=${CMAKE_STRIP} -P ${PROJECT_SOURCE_DIR}/packaging/strip.cmake
  COMMAND ${CMAKE_COMMAND} -E copy ${example_macros} ${dist}/macros/Sheaf
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/LICENSE ${license_texts} ${dist}/licenses/sheaf
  COMMAND ${CMAKE_COMMAND} -E touch ${PROJECT_BINARY_DIR}/dist.stamp
  DEPENDS sheaf sheaf_jni ${plugin_targets} sheaf_jar ${jar} ${example_macros} ${license_texts} ${PROJECT_SOURCE_DIR}/LICENSE
          ${PROJECT_SOURCE_DIR}/packaging/strip.cmake
  VERBATIM)
add_custom_target(dist ALL DEPENDS ${PROJECT_BINARY_DIR}/dist.stamp)

# One jar that carries the libraries of this platform, for who wants to drop a single
# file on ImageJ. They are copied to the user's cache on first use.
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/single/Sheaf_.jar
  COMMAND ${CMAKE_COMMAND} -DJAR=${jar} -DLIBS=${dist_lib} -DPLATFORM=${SHEAF_PLATFORM} -DOUT=${PROJECT_BINARY_DIR}/single
          -DJAR_TOOL=${Java_JAR_EXECUTABLE} -P ${PROJECT_SOURCE_DIR}/packaging/single_jar.cmake
  DEPENDS ${PROJECT_BINARY_DIR}/dist.stamp ${PROJECT_SOURCE_DIR}/packaging/single_jar.cmake VERBATIM)
add_custom_target(single_jar DEPENDS ${PROJECT_BINARY_DIR}/single/Sheaf_.jar)
