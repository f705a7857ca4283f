using System.Text;
using System.Text.Json;
using Switchyard.Common;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Common;

/// <summary>Masking of known secret values in text.</summary>
public sealed class SecretRedactorTests
{
    private const string Secret = "plain/secret+value\"777";

    private readonly SecretRedactor _secrets = new();

    public SecretRedactorTests() => _secrets.Remember("provider up", [Secret]);

    public static TheoryData<string> Spellings =>
    [
        Secret,
        Secret.ToUpperInvariant(),
        Uri.EscapeDataString(Secret),
        Uri.EscapeDataString(Secret).ToLowerInvariant(),
        JsonSerializer.Serialize(Secret).Trim('"'),
        "plain/secret+value\\\"777",
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)).TrimEnd('='),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
    ];

    [Covers("Y1")]
    [Theory, MemberData(nameof(Spellings))]
    public void A_secret_is_masked_in_every_spelling_wherever_it_stands(string spelling)
    {
        Assert.Equal("***", _secrets.Redact(spelling));
        Assert.Equal("key ***, again ***.", _secrets.Redact($"key {spelling}, again {spelling}."));
        Assert.True(_secrets.IsQuotedIn($$"""{"error":"{{spelling}}"}"""));
    }

    [Covers("Y1")]
    [Fact]
    public void A_secret_is_found_in_JSON_however_it_is_escaped_and_nested()
    {
        var escaped = string.Concat(Secret.Select(letter => $"\\u{(int)letter:X4}"));
        Assert.True(_secrets.IsQuotedIn($$$"""{"error":{"message":"{{{escaped}}}"}}"""));
        var nested = JsonSerializer.Serialize(new { raw = JsonSerializer.Serialize(new { raw = JsonSerializer.Serialize(Secret) }) });
        Assert.True(_secrets.IsQuotedIn(nested));
        Assert.False(_secrets.IsQuotedIn("""{"error":"C:\\users\nplain"}"""));
    }

    [Covers("Y1")]
    [Fact]
    public void Secrets_that_overlap_or_contain_each_other_leave_no_rest()
    {
        _secrets.Remember("a", ["abcdefgh", "abcdefghijkl", "ghijklmnop"]);

        Assert.Equal("x***x", _secrets.Redact("xabcdefghijklmnopx"));
        Assert.Equal("x***ijx", _secrets.Redact("xabcdefghijx"));
    }

    [Covers("Y1")]
    [Fact]
    public void A_text_that_was_cut_does_not_end_in_the_beginning_of_a_secret()
    {
        _secrets.Remember("a", ["abcdefghijkl"]);
        var said = Sanitizer.Clean(new string('x', Sanitizer.MaxLength - 6) + " abcdefghijkl");

        Assert.EndsWith("abcde…", said, StringComparison.Ordinal);
        Assert.EndsWith("x ***…", _secrets.Redact(said), StringComparison.Ordinal);
    }

    [Covers("Y1")]
    [Fact]
    public void Short_secrets_and_text_without_any_are_left_alone()
    {
        _secrets.Remember("a", ["ollama", "test", "", "  ", null]);
        const string text = "ollama failed the test.";

        Assert.Same(text, _secrets.Redact(text));
        Assert.Same(text, new SecretRedactor().Redact(text));
    }

    [Covers("Y1")]
    [Fact]
    public void What_replaced_a_secret_is_masked_and_so_is_what_it_replaced()
    {
        for (var i = 0; i < 16; i++)
            _secrets.Remember("token", [$"token-number-{i}"]);

        Assert.Equal("***, ***", _secrets.Redact("token-number-0, token-number-15"));
        _secrets.Remember("token", ["token-number-15"]);
        Assert.Equal("***", _secrets.Redact("token-number-0"));
        _secrets.Remember("token", ["token-number-16"]);
        Assert.Equal("token-number-0, ***", _secrets.Redact("token-number-0, token-number-16"));
    }
}
