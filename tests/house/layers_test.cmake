# The layer check is itself checked: wrong includes are planted in a copy of the sources, one at a time,
# and each must be reported by the name of its file.
#
#   cmake -DROOT=<source directory> -P tests/house/layers_test.cmake

cmake_minimum_required(VERSION 3.25)

if(DEFINED ENV{TMPDIR})
  set(temporary "$ENV{TMPDIR}")
else()
  set(temporary /tmp)
endif()
string(RANDOM LENGTH 12 suffix)
set(copy "${temporary}/trous-layers-${suffix}")
foreach(folder core autograd ops layers data train cli examples tests)
  if(EXISTS "${ROOT}/${folder}")
    file(COPY "${ROOT}/${folder}" DESTINATION "${copy}" FILES_MATCHING PATTERN "*.h" PATTERN "*.cpp")
  endif()
endforeach()

function(check)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${copy} -P ${ROOT}/cmake/check_layers.cmake
                  RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE report)
  set(status "${status}" PARENT_SCOPE)
  set(report "${report}" PARENT_SCOPE)
endfunction()

set(faults "")
check()
if(NOT status EQUAL 0)
  string(APPEND faults "\n  the sources as they are: ${report}")
endif()

function(plant file line)
  file(WRITE "${copy}/${file}" "// A planted fault.\n${line}\n")
  check()
  file(REMOVE "${copy}/${file}")
  if(status EQUAL 0 OR NOT report MATCHES "${file}")
    set(faults "${faults}\n  not found: ${file}: ${line}" PARENT_SCOPE)
  endif()
endfunction()

plant(core/planted.h "#include <trous/autograd/variable.h>")
plant(autograd/planted.cpp "#include <trous/ops/pad.h>")
plant(data/planted.h "#include <trous/layers/conv.h>")
plant(layers/planted.cpp "#include <trous/ops/kernels/interface.h>")
plant(ops/planted.h "#include <trous/ops/kernels/interface.h>")
plant(ops/planted.h "#include <trous/ops/detail/windows.h>")
plant(layers/planted.h "#include <trous/ops/detail/windows.h>")
plant(ops/kernels/reference/planted.cpp "#include <trous/autograd/variable.h>")
plant(ops/planted.cpp "#include <Eigen/Core>")
plant(train/planted.h "#include <nlohmann/json.hpp>")
plant(train/planted.cpp "#include <tbb/parallel_for.h>")
plant(data/planted.cpp "#include <sha2.h>")
plant(examples/planted.cpp "#include <trous/core/tensor.h>")
plant(core/planted.cpp "#include \"tensor.h\"")
plant(core/planted.cpp "  #  include <trous/autograd/variable.h>")
plant(tests/autograd/planted.cpp "#include <trous/ops/pad.h>")

file(REMOVE_RECURSE "${copy}")
if(faults)
  message(FATAL_ERROR "cmake/check_layers.cmake:${faults}")
endif()
