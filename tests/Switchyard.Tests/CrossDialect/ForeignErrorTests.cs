using System.Text;
using Switchyard.Calls;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Errors in the shapes of frameworks, proxies and other vendors, from an address that speaks any of the formats: the words reach the
/// client, and a prompt that is too long is recognised by them.
/// </summary>
public sealed class ForeignErrorTests
{
    private const string Words = "This model's maximum context length is 4096 tokens.";

    private static readonly string[] s_shapes =
    [
        """{"error":{"message":"WORDS","type":"invalid_request_error"}}""",
        """{"error":"WORDS"}""",
        """{"error":["WORDS"]}""",
        """{"error":{"error":{"message":"WORDS"}}}""",
        """[{"error":{"code":400,"message":"WORDS","status":"INVALID_ARGUMENT"}}]""",
        """{"errors":[{"message":"WORDS"}]}""",
        """{"errors":["WORDS"]}""",
        """{"error":{"code":400,"errors":[{"message":"WORDS"}]}}""",
        """{"message":"WORDS"}""",
        """{"Message":"WORDS"}""",
        """{"message":{"detail":[{"type":"too_long","loc":["body","messages"],"msg":"WORDS"}]}}""",
        """{"detail":"WORDS"}""",
        """{"detail":[{"type":"too_long","loc":["body","messages"],"msg":"WORDS"}]}""",
        """{"base_resp":{"status_code":1039,"status_msg":"WORDS"}}""",
        """{"title":"WORDS"}""",
        "\"WORDS\"",
    ];

    public static TheoryData<string> Formats => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Formats))]
    public void The_words_of_an_error_in_any_shape_are_found(string format)
    {
        var target = new EgressTarget("acme", "m", ProviderQuirks.None);
        var lost = s_shapes.Where(shape =>
        {
            var body = Encoding.UTF8.GetBytes(shape.Replace("WORDS", Words, StringComparison.Ordinal));
            var error = BuiltInDialects.Set.Egress(new(format)).DecodeError(400, body, target);
            return error.Kind != CallErrorKind.UpstreamRejected || error.Code != "context_length_exceeded"
                || !error.Message.Contains(Words, StringComparison.Ordinal);
        });

        Assert.Empty(lost);
    }
}
