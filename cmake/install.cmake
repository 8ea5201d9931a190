# What `cmake --install` puts where: the library and its public headers, what finds them (a CMake package and a
# pkg-config file), the program, and the documents. Nothing names the prefix, so that it can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/trous")
install(TARGETS trous EXPORT trousTargets FILE_SET HEADERS)
install(EXPORT trousTargets NAMESPACE trous:: DESTINATION "${package_dir}")

# A shared trous brings its libraries with it. A static one leaves them to the program's link line.
get_target_property(library_type trous TYPE)
set(dependencies "")
set(pkg_requires "")
set(pkg_libraries "")
if(library_type STREQUAL "STATIC_LIBRARY")
  set(dependencies "find_dependency(PNG)\nfind_dependency(JPEG)\nfind_dependency(ZLIB)\nfind_dependency(Threads)\nfind_dependency(hwy)\n")
  set(pkg_requires "libpng, libjpeg, zlib, libhwy")
  set(pkg_libraries "-lmd -pthread")
  if(NOT TROUS_PLAIN_BACKENDS)
    string(APPEND dependencies "find_dependency(TBB)\n")
    string(APPEND pkg_requires ", tbb")
    string(APPEND pkg_libraries " -ltbbmalloc")
  endif()
endif()
configure_package_config_file(cmake/trousConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/package/trousConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change what a program sees.
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/package/trousConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/package/trousConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/package/trousConfigVersion.cmake" DESTINATION "${package_dir}")

# From where trous.pc lies to the prefix; where the folders were given as absolute paths nothing can be moved.
set(pkg_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pkg_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH way_up "/${pkg_dir}" "/")
  string(REGEX REPLACE "/$" "" way_up "${way_up}")
  set(pkg_prefix "\${pcfiledir}/${way_up}")
endif()
foreach(kind LIBDIR INCLUDEDIR)
  set(pkg_${kind} "${CMAKE_INSTALL_${kind}}")
  if(NOT IS_ABSOLUTE "${pkg_${kind}}")
    string(PREPEND pkg_${kind} "\${prefix}/")
  endif()
endforeach()
configure_file(cmake/trous.pc.in "${CMAKE_CURRENT_BINARY_DIR}/package/trous.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/package/trous.pc" DESTINATION "${pkg_dir}")

if(TROUS_CLI)
  install(TARGETS trous_program EXPORT trousTargets FILE_SET HEADERS)
  configure_file(cmake/trous-program.pc.in "${CMAKE_CURRENT_BINARY_DIR}/package/trous-program.pc" @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/package/trous-program.pc" DESTINATION "${pkg_dir}")
  if(library_type STREQUAL "SHARED_LIBRARY" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    file(RELATIVE_PATH to_library "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
    set_target_properties(trous_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
    set_target_properties(trous_program PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()
  install(TARGETS trous_cli)
endif()

# The documents are those of the sources, so what they say of scripts and tests is to be found there.
set(here "> This is a page of trous's sources. `scripts/`, `tests/`, `cmake/`, `cli/` and the other folders of sources that it\n")
string(APPEND here "> names are not installed; headers are in `include/trous/`, examples and pages beside this file.\n\n")
foreach(page README.md CONTRIBUTING.md)
  file(READ "${page}" content)
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/package/${page}" CONTENT "@here@@content@" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/package/${page}" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endforeach()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY examples DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.cpp")
