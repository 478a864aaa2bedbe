# cmake --install: libraries, headers, the command and a pkg-config file.
install(TARGETS polytune_static polytune_shared polytune_cli
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/polytune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/polytune.pc.in ${CMAKE_BINARY_DIR}/polytune.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/polytune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
