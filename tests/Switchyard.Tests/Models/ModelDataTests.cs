using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Switchyard.Models;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Models;

/// <summary>The catalogue's data: it can be generated again, and its numbers are plausible.</summary>
public sealed class ModelDataTests
{
    private const string Folder = "src/Switchyard/Models/Data";

    /// <summary>In the model facts, but not (or not yet) vendors of <c>providers.json</c>.</summary>
    private static readonly string[] s_withoutProvider = ["anthropic", "bedrock", "jina", "voyage"];

    private static readonly string[] s_words = ["text", "image", "audio", "video", "pdf", "embedding", "score"];

    public static TheoryData<string> Files() =>
        [.. Repository.Files.Where(path => path.StartsWith(Folder + "/", StringComparison.Ordinal))];

    [Fact]
    public void The_catalogue_is_what_the_generator_makes_of_the_facts()
    {
        Assert.SkipUnless(Cassettes.Shared is not null, Cassettes.Missing);
        var made = Directory.CreateTempSubdirectory("switchyard-models-");
        try
        {
            Assert.SkipUnless(
                TryGenerate(Path.Combine(Cassettes.Shared!, "wire"), made.FullName),
                "There is no python3 on this machine to run eng/generate-models.");
            var kept = Directory.EnumerateFiles(Repository.FullPath(Folder)).Select(Path.GetFileName).Order();
            Assert.Equal(kept, made.EnumerateFiles().Select(file => file.Name).Order());
            foreach (var file in made.EnumerateFiles())
                Assert.True(
                    File.ReadAllText(file.FullName) == Repository.Read($"{Folder}/{file.Name}"),
                    $"{file.Name} is not what eng/generate-models makes. Run it again, or undo the change by hand.");
        }
        finally
        {
            made.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_called_after_a_provider_and_names_each_model_once(string path)
    {
        var provider = Path.GetFileNameWithoutExtension(path);
        Assert.True(s_withoutProvider.Contains(provider) || ProviderCatalog.Default.Find(provider)?.Name == provider, provider);
        var models = ModelCatalog.Default.List(provider);
        Assert.NotEmpty(models);
        Assert.All(models, model => Assert.Equal(provider, model.Provider));
        Assert.Equal(models.Count, models.Select(model => model.Id).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Numbers_can_be_true(string path)
    {
        foreach (var model in ModelCatalog.Default.List(Path.GetFileNameWithoutExtension(path)))
        {
            var facts = model.Facts;
            Assert.All(
                new[] { facts.ContextWindow, facts.MaxOutputTokens, model.MaxInputTokens }.OfType<int>(),
                limit => Assert.InRange(limit, 50, 20_000_000));
            Assert.All(model.InputModalities.Concat(model.OutputModalities), word => Assert.Contains(word, s_words));
            Assert.Contains(model.Status, new[] { null, "beta", "deprecated" });
            Assert.InRange(model.Source.Date, new DateOnly(2026, 1, 1), new DateOnly(2030, 1, 1));
            Assert.True(facts.TakesReasoningBudget || facts.MinReasoningBudget is null);
            if (model.Released is { } released)
                Assert.True(
                    DateOnly.TryParseExact(
                        released, ["yyyy-MM-dd", "yyyy-MM", "yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
                    released);
            foreach (var price in model.Prices)
            {
                var most = price.Unit == PriceUnit.Searches ? 10_000 : 1_000;
                Assert.All(RatesOf(price), rate => Assert.InRange(rate, 0, most));
                Assert.NotNull(price.Rates.Input);
                Assert.InRange(price.Source.Date, new DateOnly(2026, 1, 1), new DateOnly(2030, 1, 1));
                Assert.All(price.Tiers, tier => Assert.True(tier.AboveInputTokens > 0));
                // A cache only saves money if reading it is not dearer than input.
                Assert.False(
                    price.Rates.CacheRead > price.Rates.Input,
                    $"{model.Provider}/{model.Id} charges more for reading its cache than for not having one.");
            }
        }
    }

    /// <summary>A rate that has passed through a binary float has different digits from the written ones.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Prices_have_the_digits_they_were_written_with(string path)
    {
        using var file = JsonDocument.Parse(Repository.Read(path));
        foreach (var written in file.RootElement.GetProperty("models").EnumerateArray())
        {
            var read = ModelCatalog.Default.Find(Path.GetFileNameWithoutExtension(path), written.GetProperty("id").GetString()!)!;
            if (!written.TryGetProperty("price", out var price))
            {
                Assert.Empty(read.Prices);
                continue;
            }

            Assert.Equal(price.GetProperty("in").GetRawText(), read.Prices[0].Rates.Input!.Value.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(price.TryGetProperty("out", out var output), read.Prices[0].Rates.Output is not null);
            if (read.Prices[0].Rates.Output is { } rate)
                Assert.Equal(output.GetRawText(), rate.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Features_are_ones_the_reader_knows(string path)
    {
        string[] known = ["tools", "json_schema", "vision", "pdf", "audio_in", "reasoning", "temperature"];
        using var file = JsonDocument.Parse(Repository.Read(path));
        foreach (var model in file.RootElement.GetProperty("models").EnumerateArray())
        {
            var named = new[] { "can", "cannot" }.Where(name => model.TryGetProperty(name, out _))
                .SelectMany(name => model.GetProperty(name).EnumerateArray()).Select(word => word.GetString()!).ToList();
            Assert.All(named, word => Assert.Contains(word, known));
            Assert.Equal(named.Count, named.Distinct().Count());
        }
    }

    private static IEnumerable<decimal> RatesOf(ModelPricing price) =>
        price.Tiers.Select(tier => tier.Rates).Prepend(price.Rates)
            .SelectMany(
                rates => new[]
                {
                    rates.Input, rates.Output, rates.CacheRead, rates.CacheWrite, rates.CacheWriteHour, rates.AudioInput, rates.AudioOutput,
                    rates.Reasoning,
                })
            .OfType<decimal>();

    private static bool TryGenerate(string facts, string output)
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", [Repository.FullPath("eng/generate-models"), facts, output]))!;
            python.WaitForExit();
            Assert.Equal(0, python.ExitCode);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
