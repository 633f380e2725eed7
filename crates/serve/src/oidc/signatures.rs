//! Signatures of tokens, verified by `ring`: what `jsonwebtoken` is told to verify with. The libraries that it would bring
//! along take long to compile, and `ring` is there for TLS.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature as by_ring;

/// The algorithms that are accepted: all with public keys. A token that is signed with a shared secret, or not at all, is
/// none.
pub(super) const ACCEPTED: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

/// A public key of one algorithm.
struct PublicKey {
    algorithm: Algorithm,
    kind: DecodingKeyKind,
}

impl PublicKey {
    fn check(&self, message: &[u8], signature: &[u8]) -> std::result::Result<(), ring::error::Unspecified> {
        let rsa = |with: &'static by_ring::RsaParameters| match &self.kind {
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                by_ring::RsaPublicKeyComponents { n, e }.verify(with, message, signature)
            }
            DecodingKeyKind::SecretOrDer(_) => Err(ring::error::Unspecified),
        };
        let ec = |with: &'static by_ring::EcdsaVerificationAlgorithm| match &self.kind {
            DecodingKeyKind::SecretOrDer(point) => {
                by_ring::UnparsedPublicKey::new(with, point).verify(message, signature)
            }
            DecodingKeyKind::RsaModulusExponent { .. } => Err(ring::error::Unspecified),
        };
        match self.algorithm {
            Algorithm::RS256 => rsa(&by_ring::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => rsa(&by_ring::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => rsa(&by_ring::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => rsa(&by_ring::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => rsa(&by_ring::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => rsa(&by_ring::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => ec(&by_ring::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => ec(&by_ring::ECDSA_P384_SHA384_FIXED),
            _ => Err(ring::error::Unspecified),
        }
    }
}

impl signature::Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        self.check(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if !ACCEPTED.contains(algorithm) || algorithm.family() != key.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(PublicKey { algorithm: *algorithm, kind: key.kind().clone() }))
}

/// This server signs no tokens.
fn signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

/// Tells `jsonwebtoken`, once for the process.
pub(super) fn install() {
    static RING: CryptoProvider = CryptoProvider {
        signer_factory: signer,
        verifier_factory: verifier,
        // Asked only where keys are written as JWKs.
        key_utils: KeyUtils::new_unimplemented(),
    };
    // An error says that it was told before.
    let _ = RING.install_default();
}
