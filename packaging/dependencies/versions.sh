# What is fetched from package registries, pinned. Changing a line here makes a
# new cache entry; nothing else names a version.
opencv_name=opencv-python-headless
opencv_version=4.14.0.94
opencv_sha256=4afa2ea1214453648be88259f035712454faa9039b686de7753569ba8eec1577

# examples/data/pc12-unreg.tif: 5 images of real cells that drift
pystackreg_version=0.2.8
pystackreg_sha256=fb615e9fb791298a196f7468cf0d2db1d5a008cde58d74c71afc2acb6a092dfc

# sklearn/datasets/data/digits.csv.gz: 1797 handwritten digits with their labels
scikit_learn_version=1.9.1
scikit_learn_sha256=629cada3e33e2b9bf376cdc7614a47a4140b8aedc1d836579e359736fbd82977

imagej_version=1.54p
