/* embed TABLE COUNT FOLDERS FILE...: print files as a C table of strings.  FOLDERS is
 * how many folders before a file's name belong to the name in the table. */
#include <stdio.h>
#include <string.h>

static const char *name_of(const char *path, int folders)
{
    const char *at = path + strlen(path);
    while (at > path && (at[-1] != '/' || folders-- > 0)) {
        at--;
    }
    return at;
}

static int print_text(const char *path, int folders)
{
    FILE *f = fopen(path, "rb");
    int column = 0;
    if (!f) {
        perror(path);
        return 1;
    }
    printf("    {\"%s\", (const char[]){", name_of(path, folders));
    for (int c = getc(f); c != EOF; c = getc(f)) {
        printf("%s%d,", column++ % 24 ? "" : "\n     ", c < 128 ? c : c - 256);
    }
    printf("0}},\n");
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 4) {
        fprintf(stderr, "usage: embed TABLE COUNT FOLDERS FILE...\n");
        return 64;
    }
    printf("#include \"model/shipped.h\"\n\nconst shipped_text %s[] = {\n", argv[1]);
    for (int i = 4; i < argc; i++) {
        failed |= print_text(argv[i], argv[3][0] - '0');
    }
    printf("    {0, 0}};\nconst size_t %s = %d;\n", argv[2], argc - 4);
    return failed;
}
