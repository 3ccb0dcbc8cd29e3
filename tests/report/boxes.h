/* Texts of a figure by their places in its SVG, as wide as in a wide font. */
#ifndef TEST_REPORT_BOXES_H
#define TEST_REPORT_BOXES_H

/* Every text lies within the viewBox, and none on another. */
void assert_nothing_cut_nor_covered(const char *svg);

#endif
