PARTS = ("train", "validation", "test")
