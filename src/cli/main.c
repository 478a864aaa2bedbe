#include <stdio.h>

#include "polytune/polytune.h"

int main(void)
{
    return printf("polytune %s\n", pt_version()) < 0;
}
