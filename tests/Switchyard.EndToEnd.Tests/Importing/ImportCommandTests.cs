using System.Net;
using System.Text.Json;
using Switchyard.EndToEnd.Tests.Server;
using Switchyard.Server.Commands;
using Switchyard.Server.Importing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary><c>switchyard import</c> as users run it, and a gateway that serves its output.</summary>
public sealed class ImportCommandTests
{
    [Fact]
    public async Task An_imported_configuration_serves_and_falls_back()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var spare = await FakeUpstream.StartAsync();
        first.ThenJson("""{"error":{"message":"overloaded"}}""", 503);
        var imported = ImportExample.Run(
            ImportExample.Of("litellm"),
            $$"""
            model_list:
              - model_name: smart
                litellm_params: { model: openai/large, api_base: "{{first.BaseUrl}}", api_key: os.environ/FIRST_KEY, num_retries: 0 }
              - model_name: spare
                litellm_params: { model: openai/small, api_base: "{{spare.BaseUrl}}", api_key: os.environ/SPARE_KEY }
            router_settings: { fallbacks: [ { smart: [ spare ] } ] }
            general_settings: { master_key: sk-1234 }
            """);
        await using var gateway = await Executable.StartAsync(imported.Yaml, new Dictionary<string, string>
        {
            ["FIRST_KEY"] = "key-of-first",
            ["SPARE_KEY"] = "key-of-spare",
            ["LITELLM_MASTER_KEY"] = "sk-1234",
        });
        await gateway.ServingAsync();

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest("smart"), System.Text.Encoding.UTF8, "application/json"),
            Headers = { { "Authorization", "Bearer sk-1234" } },
        };
        using var response = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Bearer key-of-first", Assert.Single(first.Requests).Headers["Authorization"]);
        Assert.Equal("Bearer key-of-spare", Assert.Single(spare.Requests).Headers["Authorization"]);
        Assert.Contains("\"small\"", spare.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_prints_the_configuration_on_one_stream_and_what_became_of_it_on_the_other()
    {
        using var folder = new TemporaryFolder();
        var file = folder["config.yaml"];
        await File.WriteAllTextAsync(
            file,
            "model_list:\n  - model_name: a\n    litellm_params: { model: openai/gpt-4o, api_key: sk-canary }\n"
                + "    model_info: { id: one }\n");

        await using var plain = await Executable.StartAsync(null, "import", "litellm", file);
        Assert.Equal(0, await plain.EndAsync());
        Assert.Contains("key: \"${OPENAI_API_KEY}\"", plain.Printed, StringComparison.Ordinal);
        Assert.Contains("refused      model_list[0].model_info.id (line 4)", plain.Errors, StringComparison.Ordinal);
        Assert.Contains("set          OPENAI_API_KEY to the value of model_list[0].litellm_params.api_key", plain.Errors,
            StringComparison.Ordinal);
        Assert.Contains("3 exact, 0 approximated, 1 refused", plain.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", plain.Said, StringComparison.Ordinal);

        await using var json = await Executable.StartAsync(null, "import", "litellm", file, "--json", "--strict");
        Assert.Equal(1, await json.EndAsync());
        using var report = JsonDocument.Parse(json.Printed);
        Assert.Equal(1, report.RootElement.GetProperty("refused").GetInt32());
        Assert.Contains("gpt-4o", report.RootElement.GetProperty("yaml").GetString(), StringComparison.Ordinal);

        var target = folder["switchyard.yaml"];
        await File.WriteAllTextAsync(target, "mine");
        await using var kept = await Executable.StartAsync(null, "import", "litellm", file, "--out", target);
        Assert.Equal(1, await kept.EndAsync());
        Assert.Contains("exists already", kept.Errors, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(target));
    }

    [Theory]
    [InlineData("nothing-there.yaml", "cannot be read")]
    [InlineData(".", "is a folder")]
    public async Task A_file_that_is_not_there_is_reported(string file, string sentence)
    {
        await using var program = await Executable.StartAsync(null, "import", "litellm", file);

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains(sentence, program.Errors, StringComparison.Ordinal);
    }

    /// <summary>The page has the rows of the tables, word for word: <c>SWITCHYARD_WRITE_DOCS=1</c> rewrites them.</summary>
    [Fact]
    public void The_page_shows_the_tables()
    {
        var path = Path.Combine(ImportExample.FindRepository(), "docs/importing.md");
        var page = File.ReadAllText(path);
        foreach (var importer in ImportCommand.Importers)
        {
            var (begin, end) = ($"<!-- {importer.Name}: begin -->\n", $"<!-- {importer.Name}: end -->");
            var (from, to) = (page.IndexOf(begin, StringComparison.Ordinal) + begin.Length, page.IndexOf(end, StringComparison.Ordinal));
            var table = Table(importer);
            if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
                page = page[..from] + table + page[to..];
            else
                Assert.Equal(table, page[from..to]);
        }

        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
            File.WriteAllText(path, page);
    }

    [Fact]
    public void No_row_of_a_table_stands_twice() =>
        Assert.All(
            ImportCommand.Importers, importer => Assert.Distinct(importer.Table.Rows.Select(row => row.From)));

    private static string Table(IImporter importer) =>
        "| setting | becomes | here | what is different, or why not |\n| --- | --- | --- | --- |\n"
        + string.Concat(importer.Table.Rows.Select(row =>
            $"| `{row.From}` | {row.Outcome.ToString().ToLowerInvariant()} | {Code(row.Ours)} | {row.Note} |\n"));

    private static string Code(string text) => text.Length == 0 ? "" : $"`{text}`";
}
