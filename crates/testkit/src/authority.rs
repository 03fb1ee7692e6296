//! An authority of a test's own, and the certificates it signs: files that go with the test.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// Signs certificates; nobody trusts it but who is given [`Authority::file`].
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
    folder: PathBuf,
}

/// A certificate with its key, as PEM files.
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, PKCS #8 without a password.
    pub key: PathBuf,
    /// Both, the key first.
    pub both: PathBuf,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("farol-authority-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        // Servers of another account read what is in it.
        std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        let key = key();
        let mut builder = unsigned("farol test authority", &key, None);
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let certificate = builder.build();
        std::fs::write(folder.join("authority.pem"), certificate.to_pem().unwrap()).unwrap();
        Self { certificate, key, folder }
    }

    /// What who trusts it is given.
    pub fn file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A certificate for `host`, a name or an IP address, good for servers and clients.
    pub fn sign(&self, host: &str) -> Certificate {
        let key = key();
        let mut builder = unsigned(host, &key, Some(&self.certificate));
        let mut names = SubjectAlternativeName::new();
        match host.parse::<std::net::IpAddr>() {
            Ok(_) => names.ip(host),
            Err(_) => names.dns(host),
        };
        let names = names.build(&builder.x509v3_context(Some(&self.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
        builder
            .append_extension(ExtendedKeyUsage::new().server_auth().client_auth().build().unwrap())
            .unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        self.write(&builder.build(), &key)
    }

    fn write(&self, certificate: &X509, key: &PKey<Private>) -> Certificate {
        let (certificate, key) = (certificate.to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap());
        let name = uuid::Uuid::new_v4().simple().to_string();
        let file = |kind: &str, content: &[u8]| {
            let path = self.folder.join(format!("{name}.{kind}.pem"));
            std::fs::write(&path, content).unwrap();
            path
        };
        Certificate {
            both: file("both", &[key.as_slice(), certificate.as_slice()].concat()),
            certificate: file("certificate", &certificate),
            key: file("key", &key),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A certificate for a day, signed by nobody yet; without an `issuer` it is its own.
fn unsigned(name: &str, key: &PKey<Private>, issuer: Option<&X509>) -> X509Builder {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut serial = BigNum::new().unwrap();
    serial.rand(128, MsbOption::MAYBE_ZERO, false).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}
