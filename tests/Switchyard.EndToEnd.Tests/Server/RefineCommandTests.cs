using System.Text.Json;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard refine</c>, as docs/refinement.md shows it.</summary>
public sealed partial class RefineCommandTests : IDisposable
{
    private const string Mock = "auto_enable: false\nproviders: { mock: {} }\n";
    private const string Schema = "// Who signs in.\nexport const User = z.object({ email: z.string() });\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_command_of_the_page_refines_a_file_in_its_place()
    {
        var (schema, samples) = (_folder.Write("user.ts", Schema), _folder.Write("samples.json", Samples(5)));
        var written = Command().Match(await File.ReadAllTextAsync(PathOfPage())).Value;
        var arguments = written.Replace("user.ts", schema, StringComparison.Ordinal)
            .Replace("samples.json", samples, StringComparison.Ordinal)
            .Split(' ')[1..];

        await using var program = await Executable.StartAsync(Mock, arguments);

        Assert.Equal(0, await program.EndAsync());
        Assert.Equal(
            "// Who signs in.\nexport const User = z.object({ email: z.string().email() });\n", await File.ReadAllTextAsync(schema));
        Assert.Contains(
            "+ email: z.string().email() (from the samples: all 5 texts have this format", program.Errors, StringComparison.Ordinal);
        Assert.Contains("mock: 1 improvements", program.Errors, StringComparison.Ordinal);
        Assert.Equal("", program.Printed);
    }

    [Fact]
    public async Task Samples_are_taken_from_a_folder_or_from_lines_and_the_answer_is_printed_as_json()
    {
        var schema = _folder.Write("user.ts", Schema);
        for (var i = 0; i < 4; i++)
            _folder.Write($"samples/{i}.json", $$"""{"email":"user{{i}}@example.com"}""");
        var lines = _folder.Write(
            "more.jsonl", "{\"email\":\"a@example.com\"}\n\n{\"email\":\"b@example.com\"}\n{\"email\":\"c@example.com\"}\n");

        await using var folder = await Executable.StartAsync(Mock, "refine", schema, "--samples", _folder["samples"], "--json");
        await using var file = await Executable.StartAsync(Mock, "refine", schema, "--samples", lines, "--counter-examples", lines);

        Assert.Equal((0, 0), (await folder.EndAsync(), await file.EndAsync()));
        using var result = JsonDocument.Parse(folder.Printed);
        Assert.Contains(
            ".email()", result.RootElement.GetProperty("refinedSchema").GetProperty("code").GetString(), StringComparison.Ordinal);
        Assert.Contains("z.string().email()", file.Printed, StringComparison.Ordinal);
        Assert.Contains("- Counter-example 3 is still accepted.", file.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_in_one_line()
    {
        var (schema, samples) = (_folder.Write("user.ts", "export const = "), _folder.Write("samples.json", "{"));

        await using var noFile = await Executable.StartAsync(Mock, "refine", "gone.ts", "--samples", samples);
        await using var noJson = await Executable.StartAsync(Mock, "refine", schema, "--samples", samples);
        await using var noSamples = await Executable.StartAsync(Mock, "refine", schema);
        await using var noSchema = await Executable.StartAsync(
            Mock, "refine", schema, "--format", "zod", "--samples", _folder.Write("ok.json", Samples(1)));

        Assert.Equal(
            (1, 1, 2, 1), (await noFile.EndAsync(), await noJson.EndAsync(), await noSamples.EndAsync(), await noSchema.EndAsync()));
        Assert.Contains("There is no file gone.ts.", noFile.Errors, StringComparison.Ordinal);
        Assert.Contains("is not JSON: line 1", noJson.Errors, StringComparison.Ordinal);
        Assert.Contains("cannot be parsed: line 1", noSchema.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_does_not_lose_what_was_paid_for()
    {
        var (schema, samples) = (_folder.Write("user.ts", Schema), _folder.Write("samples.json", Samples(5)));
        var target = Path.Combine(_folder["gone"], "user.ts");

        await using var text = await Executable.StartAsync(Mock, "refine", schema, "--samples", samples, "--out", target);
        await using var json = await Executable.StartAsync(Mock, "refine", schema, "--samples", samples, "--out", target, "--json");

        Assert.Equal((1, 1), (await text.EndAsync(), await json.EndAsync()));
        Assert.Contains("z.string().email()", text.Printed, StringComparison.Ordinal);
        Assert.Contains($"switchyard: {target} cannot be written: ", text.Errors, StringComparison.Ordinal);
        using var result = JsonDocument.Parse(json.Printed);
        Assert.Contains(
            ".email()", result.RootElement.GetProperty("refinedSchema").GetProperty("code").GetString(), StringComparison.Ordinal);
    }

    private static string Samples(int count) =>
        $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"email\":\"user{i}@example.com\"}}"))}]";

    private static string PathOfPage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Switchyard.slnx")))
            folder = folder.Parent!;
        return Path.Combine(folder.FullName, "docs", "refinement.md");
    }

    [GeneratedRegex("switchyard refine user.ts .*")]
    private static partial Regex Command();
}
