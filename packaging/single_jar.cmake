# cmake -DJAR= -DLIBS= -DPLATFORM= -DOUT= -DJAR_TOOL= -P single_jar.cmake: the jar
# with natives/<platform>/ and an index of it: a SHA-256 and a name on each line.
set(natives ${OUT}/content/natives/${PLATFORM})
file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${natives})
file(GLOB_RECURSE libraries RELATIVE ${LIBS} ${LIBS}/*.so*)
list(SORT libraries)
set(index "")
foreach(library ${libraries})
  file(SHA256 ${LIBS}/${library} hash)
  string(APPEND index "${hash}  ${library}\n")
  cmake_path(GET library PARENT_PATH folder)
  file(COPY ${LIBS}/${library} DESTINATION ${natives}/${folder})
endforeach()
file(WRITE ${natives}/index "${index}")
file(COPY ${JAR} DESTINATION ${OUT})
execute_process(COMMAND ${JAR_TOOL} --update --file ${OUT}/Sheaf_.jar --date 2025-01-01T00:00:00Z -C ${OUT}/content natives
                COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${OUT}/content)
