using Microsoft.Extensions.Configuration;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Configuration.Validation;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>Every setting with a closed list of words accepts any letter case, and reports an unknown word with the list.</summary>
public sealed class WordTests
{
    /// <summary>Every such setting of the schema, by its key; an entry of a map is called <c>x</c>.</summary>
    public static TheoryData<string> Settings => [.. Of(OptionShape.Root, "").Select(setting => setting.Key)];

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_word_is_taken_in_any_case_from_a_file_and_from_code(string key)
    {
        var words = Of(OptionShape.Root, "").Single(setting => setting.Key == key).Property.KnownValues;
        foreach (var word in words)
        {
            foreach (var written in new[] { word.ToUpperInvariant(), $" {word} ", char.ToUpperInvariant(word[0]) + word[1..] })
            {
                var options = Bind(key, written);

                Assert.Equal(word, Value(options, key));
                Assert.DoesNotContain(Problems(options), problem => problem.Path == key);

                TextSettings.Replace(options, text => text.Path == key ? written : text.Value);
                Assert.Equal(word, Value(options.Copy(), key));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Another_word_is_refused_with_those_there_are_and_the_nearest(string key)
    {
        var words = Of(OptionShape.Root, "").Single(setting => setting.Key == key).Property.KnownValues;
        var mistyped = words.OrderByDescending(word => word.Length).First() + "x";
        var options = Bind(key, mistyped);

        var finding = Assert.Single(Problems(options), problem => problem.Path == key);

        var nearest = NearestName.Find(mistyped, words);
        var hint = nearest is null ? "" : $"; did you mean '{nearest}'?";
        Assert.Equal($"'{mistyped}' is not one of: {string.Join(", ", words)}{hint}", finding.Text);
    }

    [Theory]
    [InlineData("strategy: \"Round-Robin\"", "round-robin")]
    [InlineData("strategy: COST", "cost")]
    public void The_configuration_in_force_has_the_word_as_it_is_documented(string routing, string expected)
    {
        using var given = Given.Yaml($"routing: {{ {routing} }}");

        Assert.Equal(expected, given.Load().Options!.Routing.Strategy);
    }

    private static SwitchyardOptions Bind(string key, string word)
    {
        var options = new SwitchyardOptions();
        var section = new ConfigurationBuilder().AddInMemoryCollection([new(key, word)]).Build();
        Assert.Empty(ConfigurationLoader.BindTo(options, section));
        return options;
    }

    private static string? Value(SwitchyardOptions options, string key)
    {
        string? found = null;
        TextSettings.Replace(options, text =>
        {
            if (text.Path == key)
                found = text.Value;
            return text.Value;
        });
        return found;
    }

    private static IEnumerable<ValidationFinding> Problems(SwitchyardOptions options) =>
        new WordValidator().Validate(options, new KnownNames(new ConfigurationRequest(), new PluginsOptions()));

    private static IEnumerable<(string Key, OptionProperty Property)> Of(OptionShape shape, string path)
    {
        foreach (var property in shape.Properties.Concat(shape.Others is { } others ? [others] : []))
        {
            var key = property == shape.Others ? path : ConfigurationKeys.Combine(path, property.Name);
            var below = property.Shape.Kind switch
            {
                OptionKind.Map => ConfigurationKeys.Combine(key, "x"),
                OptionKind.List => ConfigurationKeys.Combine(key, "0"),
                _ => key,
            };
            if (property.KnownValues.Count > 0)
                yield return (below, property);
            if ((property.Shape.Element ?? property.Shape) is { Kind: OptionKind.Object } inner)
            {
                foreach (var setting in Of(inner, below))
                    yield return setting;
            }
        }
    }
}
