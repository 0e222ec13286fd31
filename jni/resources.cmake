# cmake -DCLI= -DMENU= -DPAGES= -DOUT= -P resources.cmake: what the jar carries
# beside classes. Only the plugins beside the core count, not those of whoever builds.
execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=SHEAF_PLUGIN_PATH XDG_CONFIG_HOME=${OUT}/none
                        ${CLI} list --format config
                OUTPUT_VARIABLE operations COMMAND_ERROR_IS_FATAL ANY)
file(READ ${MENU} menu)
file(MAKE_DIRECTORY ${OUT})
file(REMOVE_RECURSE ${OUT}/sheaf)
file(MAKE_DIRECTORY ${OUT}/sheaf)
file(GLOB pages ${PAGES}/*.md)
if(pages)
  file(COPY ${pages} DESTINATION ${OUT}/sheaf/operations)
endif()
# ImageJ reads the first one. Sheaf reads its copy, since every plugin's jar may have
# a plugins.config, and a class loader finds anybody's.
file(WRITE ${OUT}/plugins.config "# made from the schemas of the operations\n${operations}${menu}")
file(COPY ${OUT}/plugins.config DESTINATION ${OUT}/sheaf)
