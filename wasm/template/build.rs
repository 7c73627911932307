// The linker's limit on linear memory is what bounds the kernel, whatever a template does: growing past it
// fails, and the module traps.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-link-arg-cdylib=--max-memory=67108864");
        println!("cargo:rustc-link-arg-cdylib=-zstack-size=1048576");
        println!("cargo:rustc-link-arg-cdylib=--stack-first");
    }
}
