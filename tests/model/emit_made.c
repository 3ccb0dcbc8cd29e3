/* emit_made SEED ID OUT: the C text of a random network, for test_program. */
#include <stdlib.h>

#include "made_network.h"
#include "respite/program.h"

int main(int argc, char **argv)
{
    RSP_ASSERT(argc == 4);
    rsp_error err = {0};
    made_network *made = made_network_random(strtoull(argv[1], NULL, 10));
    rsp_program *program = NULL;
    FILE *out = fopen(argv[3], "w");
    RSP_ASSERT(made && out);
    RSP_ASSERT(rsp_program_new(&made->net, &program, &err) == RSP_OK);
    RSP_ASSERT(rsp_program_emit(program, argv[2], out, &err) == RSP_OK);
    RSP_ASSERT(fclose(out) == 0);
    rsp_program_free(program);
    free(made);
    return 0;
}
