"""What theorems say of a run: numbers with hidden constants, which certify nothing."""
