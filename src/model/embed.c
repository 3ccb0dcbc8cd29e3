/* Build tool: prints files as a C table of strings. */
#include <stdio.h>
#include <string.h>

static int print_text(const char *path)
{
    const char *base = strrchr(path, '/');
    FILE *f = fopen(path, "rb");
    int column = 0;
    if (!f) {
        perror(path);
        return 1;
    }
    printf("    {\"%s\", (const char[]){", base ? base + 1 : path);
    for (int c = getc(f); c != EOF; c = getc(f)) {
        printf("%s%d,", column++ % 24 ? "" : "\n     ", c < 128 ? c : c - 256);
    }
    printf("0}},\n");
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    printf("#include \"model/shipped.h\"\n\nconst shipped_text shipped_texts[] = {\n");
    for (int i = 1; i < argc; i++) {
        failed |= print_text(argv[i]);
    }
    printf("    {0, 0}};\nconst size_t shipped_count = %d;\n", argc - 1);
    return failed;
}
