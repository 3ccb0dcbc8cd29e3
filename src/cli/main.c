#include "cli/cli.h"

int main(int argc, char **argv)
{
    return rsp_cli_main(argc, argv);
}
