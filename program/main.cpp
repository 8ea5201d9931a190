// The program `trous`, with no names but its own.
#include <trous/program/program.h>

int main(int argc, char** argv) { return trous::run_program({.name = "trous"}, argc, argv); }
