using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Secrets;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

/// <summary>The file of secrets on this machine.</summary>
public sealed class LocalFileSecretTests : IDisposable
{
    private const string Passphrase = "correct horse battery staple";
    private static readonly byte[] s_salt = "0123456789abcdef"u8.ToArray();
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>The expected bytes are libsodium's for the same key, nonce and text.</summary>
    [Covers("S001-16")]
    [Fact]
    public void A_box_is_that_of_NaCl_under_a_key_of_scrypt()
    {
        byte[] nonce = [.. Enumerable.Range(0, SecretBox.NonceBytes).Select(i => (byte)i)];
        var key = SecretBox.KeyOf("pw"u8.ToArray(), s_salt, ScryptCost.Usual);

        var box = SecretBox.Seal("{\"a\":\"b\"}"u8.ToArray(), nonce, key);

        Assert.Equal(new ScryptCost(32768, 8, 1), ScryptCost.Usual);
        Assert.Equal("EC0C597CEB98B57FEADBE3C2850687C78A9F9AED7BB99173E1", Convert.ToHexString(box));
        Assert.Equal("{\"a\":\"b\"}", Encoding.UTF8.GetString(SecretBox.Open(box, nonce, key)!));
        for (var i = 0; i < box.Length; i++)
        {
            box[i] ^= 1;
            Assert.Null(SecretBox.Open(box, nonce, key));
            box[i] ^= 1;
        }
    }

    [Covers("S001-15", "S001-16")]
    [Theory]
    [InlineData(Passphrase)]
    [InlineData(null)]
    public async Task Secrets_are_kept_found_listed_and_removed(string? passphrase)
    {
        var path = _folder["deep/secrets.json"];
        using (var store = new LocalFileSecretStore(path, passphrase))
        {
            Assert.Null(await store.GetAsync("provider:openai:apiKey", Token));
            await store.SetAsync("provider:openai:apiKey", "first-secret", Token);
            await store.SetAsync("another", "other-secret", Token);
        }

        using var again = new LocalFileSecretStore(path, passphrase);
        Assert.Equal("first-secret", await again.GetAsync("provider:openai:apiKey", Token));
        Assert.Equal(["another", "provider:openai:apiKey"], await again.ListAsync(Token));
        await again.DeleteAsync("another", Token);
        await again.DeleteAsync("another", Token);
        Assert.Null(await again.GetAsync("another", Token));
        var text = await File.ReadAllTextAsync(path, Token);
        Assert.Equal(passphrase is null, text.Contains("first-secret", StringComparison.Ordinal));
        if (passphrase is null)
            Assert.Equal("first-secret", (string?)JsonNode.Parse(text)!["provider:openai:apiKey"]);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Covers("S001-24")]
    [Fact]
    public async Task What_another_process_writes_is_seen()
    {
        var path = _folder["secrets.json"];
        using var reader = new LocalFileSecretStore(path, Passphrase);
        using var writer = new LocalFileSecretStore(path, Passphrase);
        var stamp = reader.Stamp();

        await writer.SetAsync("key", "one", Token);

        Assert.NotEqual(stamp, reader.Stamp());
        Assert.Equal("one", await reader.GetAsync("key", Token));
    }

    [Covers("S001-16")]
    [Fact]
    public async Task A_file_that_does_not_open_is_refused_with_the_reason_and_nothing_of_what_is_in_it()
    {
        var path = _folder["secrets.json"];
        using (var store = new LocalFileSecretStore(path, Passphrase))
            await store.SetAsync("key", "very-secret-value", Token);

        Assert.Contains(
            "is encrypted, and there is no passphrase: set LOCAL_SECRETS_PASSPHRASE", Refusal(path, null), StringComparison.Ordinal);
        Assert.Contains("the passphrase is wrong, or the file was changed", Refusal(path, "wrong"), StringComparison.Ordinal);

        var node = JsonNode.Parse(await File.ReadAllTextAsync(path, Token))!;
        node["n"] = 1 << 30;
        Assert.Contains(
            "in a way that this version does not know", Refusal(Written(node.ToJsonString()), Passphrase), StringComparison.Ordinal);
        Assert.Contains("is not a JSON map", Refusal(Written("very-secret-value"), null), StringComparison.Ordinal);
        Assert.Contains(
            "each name once", Refusal(Written("""{"a":"very-secret-value","a":"other-value"}"""), null), StringComparison.Ordinal);
        Assert.Contains(
            "the secret 'a' is not text", Refusal(Written("""{"a":{"b":"very-secret-value"}}"""), null), StringComparison.Ordinal);
        Assert.Contains(
            "is not encrypted although", Refusal(Written("""{"a":"very-secret-value"}"""), Passphrase), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_an_editor_has_marked_as_UTF_8_is_read()
    {
        using var store = new LocalFileSecretStore(Written("\uFEFF{\"a\":\"b\"}"), null);

        Assert.Equal("b", await store.GetAsync("a", Token));
    }

    [Fact]
    public void A_plain_file_that_others_may_read_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        var path = Written("""{"a":"b"}""");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        Assert.Contains("others on this machine may read it: `chmod 600` it", Refusal(path, null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_file_is_encrypted_in_place()
    {
        var path = Written("""{"a":"very-secret-value"}""");
        using (var plain = new LocalFileSecretStore(path, null))
            await plain.EncryptAsync(Passphrase, Token);

        using var store = new LocalFileSecretStore(path, Passphrase);
        Assert.Equal("very-secret-value", await store.GetAsync("a", Token));
        Assert.DoesNotContain("very-secret-value", await File.ReadAllTextAsync(path, Token), StringComparison.Ordinal);
    }

    [Covers("S001-16")]
    [Fact]
    public async Task The_environment_names_the_file_and_its_passphrase()
    {
        var environment = new Dictionary<string, string>
        {
            ["LOCAL_SECRETS_PATH"] = _folder["of-the-environment.json"],
            ["LOCAL_SECRETS_PASSPHRASE"] = Passphrase,
        };
        var context = new ProviderContext { Environment = environment.GetValueOrDefault };
        var factory = new LocalFileSecretStoreFactory();
        Assert.Null(factory.Create(new SecretsOptions(), ProviderContext.Default));

        await factory.Create(new SecretsOptions(), context)!.SetAsync("key", "value", Token);

        using var store = new LocalFileSecretStore(environment["LOCAL_SECRETS_PATH"], Passphrase);
        Assert.Equal("value", await store.GetAsync("key", Token));
    }

    private static string Refusal(string path, string? passphrase)
    {
        var refused = Assert.Throws<SecretStoreException>(() => new LocalFileSecretStore(path, passphrase));
        Assert.DoesNotContain("very-secret-value", refused.ToString(), StringComparison.Ordinal);
        return refused.Message;
    }

    private string Written(string text)
    {
        var path = _folder.Write("written.json", text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
