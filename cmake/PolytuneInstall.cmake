# cmake --install: libraries, headers, the command and a pkg-config file.
install(TARGETS polytune_shared polytune_cli
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
get_property(archive GLOBAL PROPERTY POLYTUNE_ARCHIVE)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/polytune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# The file finds its prefix by its own place, so that the installed tree can be moved.
file(RELATIVE_PATH POLYTUNE_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/polytune.pc.in ${CMAKE_BINARY_DIR}/polytune.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/polytune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
