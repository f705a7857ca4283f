using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Arguments that are well formed and out of range, as a script with a mistake passes them.</summary>
public sealed class OddArgumentTests
{
    private const string Mock = "auto_enable: false\nproviders: { mock: {} }\n";

    [Theory]
    [InlineData("switchyard: --timeout is at most 1d.", 1, "ping", "--url", "http://127.0.0.1:1", "--timeout", "60d")]
    [InlineData("switchyard: --every is at most 1d.", 1, "live", "--url", "http://127.0.0.1:1", "--every", "60d")]
    [InlineData("switchyard: --port must be a number from 0 to 65535.", 1, "replay", "here", "--port", "70000")]
    [InlineData("switchyard: --timeout must be a number of seconds from 1 to 86400.", 2, "check", "--live", "--timeout", "2147483647")]
    public async Task A_number_out_of_range_is_said_in_one_line(string expected, int exitCode, params string[] arguments)
    {
        await using var program = await Executable.StartAsync(Mock, arguments);

        Assert.Equal(exitCode, await program.EndAsync());
        Assert.StartsWith(expected, program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_name_of_a_file_does_not_lose_the_refined_schema()
    {
        using var folder = new TemporaryFolder();
        var schema = folder.Write("user.ts", "export const User = z.object({ email: z.string() });\n");
        var samples = folder.Write(
            "samples.json", """[{"email":"a@example.com"},{"email":"b@example.com"},{"email":"c@example.com"}]""");

        await using var program = await Executable.StartAsync(Mock, "refine", schema, "--samples", samples, "--out", "");

        Assert.True(await program.EndAsync() == 0, program.Said);
        Assert.Contains("z.string().email()", program.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"email":"\ud83d"}]""", "holds text that is no valid Unicode.")]
    [InlineData("""[{"email":"a","email":"b"}]""", "has 'email' twice in one object.")]
    public async Task Samples_that_are_no_text_or_have_two_values_are_refused(string samples, string expected)
    {
        using var folder = new TemporaryFolder();
        var schema = folder.Write("user.ts", "export const User = z.object({ email: z.string() });\n");
        var file = folder.Write("samples.json", samples);

        await using var program = await Executable.StartAsync(Mock, "refine", schema, "--samples", file);

        Assert.Equal(1, await program.EndAsync());
        Assert.Equal($"switchyard: {file} {expected}", program.Errors);
    }
}
