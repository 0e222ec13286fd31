# cmake -DDIR= -DSTRIP= -P strip.cmake
file(GLOB_RECURSE libraries ${DIR}/*.so*)
foreach(library ${libraries})
  execute_process(COMMAND ${STRIP} --strip-unneeded ${library} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
