//! Records in text and in binary form.
