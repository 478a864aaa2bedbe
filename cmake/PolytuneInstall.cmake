# cmake --install: libraries, headers, the command, a CMake package and a pkg-config file. Components: "command" with all that
# belongs to it, "library" the shared library, "development" what embedders compile and link with.
include(CMakePackageConfigHelpers)

install(TARGETS polytune_shared EXPORT polytune
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
get_property(archive GLOBAL PROPERTY POLYTUNE_ARCHIVE)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/polytune DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
if(POLYTUNE_COMMAND)
    install(TARGETS polytune_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
    # The page for browsers, when scripts/page has made it.
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/build/page/ DESTINATION ${CMAKE_INSTALL_DATADIR}/polytune
        COMPONENT command OPTIONAL)
    set(POLYTUNE_COMMAND_PATH ${CMAKE_INSTALL_FULL_BINDIR}/polytune)
    foreach(unit polytune-relay polytune-node@)
        configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/${unit}.service ${PROJECT_BINARY_DIR}/${unit}.service @ONLY)
        install(FILES ${PROJECT_BINARY_DIR}/${unit}.service DESTINATION lib/systemd/system COMPONENT command)
    endforeach()
    if(TARGET polytune_shell)
        set(made ${PROJECT_BINARY_DIR}/shell)
        install(DIRECTORY ${made}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT command)
        install(FILES ${made}/polytune DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT command)
        install(FILES ${made}/_polytune DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT command)
        install(FILES ${made}/polytune.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
            COMPONENT command)
    endif()
endif()

# Both find their prefix by their own place, so that the installed tree can be moved. The package is made where
# find_package does not look: it takes PATH for a hint, where the command of this build may be, and its targets are not here.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/polytune)
install(EXPORT polytune NAMESPACE polytune:: FILE polytuneTargets.cmake DESTINATION ${package} COMPONENT development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/polytuneConfig.cmake.in
    ${PROJECT_BINARY_DIR}/installed/polytuneConfig.cmake INSTALL_DESTINATION ${package}
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/installed/polytuneConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/installed/polytuneConfig.cmake ${PROJECT_BINARY_DIR}/installed/polytuneConfigVersion.cmake
    DESTINATION ${package} COMPONENT development)

file(RELATIVE_PATH POLYTUNE_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/polytune.pc.in ${PROJECT_BINARY_DIR}/polytune.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/polytune.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
