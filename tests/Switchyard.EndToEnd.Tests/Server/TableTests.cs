using System.Text.Json;
using System.Globalization;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

public sealed class TableTests
{
    [Fact]
    public async Task A_narrow_terminal_is_shown_fewer_columns_and_no_broken_word()
    {
        var providers = await ProvidersAsync();
        var lines = await PrintAsync(80, "providers");

        Assert.All(
            lines,
            line => Assert.True(
                line.Length <= 80 || line.StartsWith("The terminal is too narrow for: base url,", StringComparison.Ordinal), line));
        var words = string.Join(' ', lines).Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        Assert.All(providers, provider => Assert.Contains(provider.GetProperty("name").GetString()!, words));
        Assert.All(
            providers.SelectMany(provider => provider.GetProperty("why").GetString()!.Split(' ')), word => Assert.Contains(word, words));
    }

    [Covers("V8")]
    [Fact]
    public async Task No_heading_is_broken()
    {
        foreach (var width in new[] { 60, 70, 80, 90, 100 })
        {
            var lines = await PrintAsync(width, "models");

            var rule = Array.FindIndex(lines, line => line.Contains("──", StringComparison.Ordinal));
            Assert.Single(lines[..rule], line => line.Trim().Length > 0);
        }
    }

    [Fact]
    public async Task In_a_pipe_every_row_is_one_line_with_all_its_columns()
    {
        var providers = await ProvidersAsync();
        var lines = await PrintAsync(null, "providers");

        Assert.All(providers, provider => Assert.Single(lines, line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, ..] && name == provider.GetProperty("name").GetString()
            && line.Contains(provider.GetProperty("why").GetString()!, StringComparison.Ordinal)
            && line.Contains(provider.GetProperty("base_url").GetString() ?? "", StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.Contains('\e', StringComparison.Ordinal));
    }

    private static async Task<List<JsonElement>> ProvidersAsync()
    {
        using var printed = JsonDocument.Parse(string.Join('\n', await PrintAsync(null, "providers", "--json")));
        return [.. printed.RootElement.Clone().EnumerateArray()];
    }

    private static async Task<string[]> PrintAsync(int? columns, params string[] arguments)
    {
        var environment = new Dictionary<string, string>();
        if (columns is { } width)
            environment["COLUMNS"] = width.ToString(CultureInfo.InvariantCulture);
        await using var program = await Executable.StartAsync("providers: { mock: {} }\n", environment, arguments);
        Assert.Equal(0, await program.EndAsync());
        return program.Printed.Split('\n');
    }
}
