using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace Switchyard.Cloud.Secrets;

/// <summary>NaCl's <c>secretbox</c> (XSalsa20 and Poly1305) with a key that scrypt derives from a passphrase.</summary>
internal static class SecretBox
{
    public const int KeyBytes = 32;
    public const int NonceBytes = 24;
    public const int SaltBytes = 16;
    private const int TagBytes = 16;

    /// <summary>Derives the key of a passphrase. At the usual cost it takes 0.1 seconds and 32 MB, deliberately.</summary>
    public static byte[] KeyOf(byte[] passphrase, byte[] salt, ScryptCost cost) =>
        SCrypt.Generate(passphrase, salt, cost.N, cost.R, cost.P, KeyBytes);

    /// <summary>Encrypts. The result is the tag, then the encrypted text.</summary>
    public static byte[] Seal(byte[] text, byte[] nonce, byte[] key)
    {
        var (cipher, mac) = Begin(nonce, key);
        var box = new byte[TagBytes + text.Length];
        cipher.ProcessBytes(text, 0, text.Length, box, TagBytes);
        mac.BlockUpdate(box, TagBytes, text.Length);
        mac.DoFinal(box, 0);
        return box;
    }

    /// <summary>Decrypts; null if the key is wrong or a byte was changed.</summary>
    public static byte[]? Open(byte[] box, byte[] nonce, byte[] key)
    {
        if (box.Length < TagBytes || nonce.Length != NonceBytes)
            return null;
        var (cipher, mac) = Begin(nonce, key);
        mac.BlockUpdate(box, TagBytes, box.Length - TagBytes);
        var tag = new byte[TagBytes];
        mac.DoFinal(tag, 0);
        if (!CryptographicOperations.FixedTimeEquals(tag, box.AsSpan(0, TagBytes)))
            return null;
        var text = new byte[box.Length - TagBytes];
        cipher.ProcessBytes(box, TagBytes, text.Length, text, 0);
        return text;
    }

    /// <summary>The key of the tag is the first 32 bytes of the cipher stream; the text uses the bytes that follow.</summary>
    private static (XSalsa20Engine Cipher, Poly1305 Mac) Begin(byte[] nonce, byte[] key)
    {
        var cipher = new XSalsa20Engine();
        cipher.Init(forEncryption: true, new ParametersWithIV(new KeyParameter(key), nonce));
        var first = new byte[KeyBytes];
        cipher.ProcessBytes(first, 0, first.Length, first, 0);
        var mac = new Poly1305();
        mac.Init(new KeyParameter(first));
        return (cipher, mac);
    }
}

/// <summary>The cost of deriving a key: memory is 128 × N × r bytes.</summary>
/// <param name="N">The number of blocks, a power of two.</param>
/// <param name="R">The size of a block.</param>
/// <param name="P">The parallelization parameter.</param>
internal readonly record struct ScryptCost(int N, int R, int P)
{
    /// <summary>The cost of newly written files.</summary>
    public static ScryptCost Usual => new(32768, 8, 1);

    /// <summary>Whether the cost of a file is acceptable: more than 1 GB of memory is a mistake or an attack.</summary>
    public bool IsSane =>
        N is >= 2 and <= 1 << 20 && (N & (N - 1)) == 0 && R is >= 1 and <= 32 && P is >= 1 and <= 16 && 128L * N * R <= 1 << 30;
}
