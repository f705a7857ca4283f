using System.Text;
using Switchyard.Configuration.Loading;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class YamlTests
{
    [Fact]
    public void A_duplicate_key_is_named_with_both_lines()
    {
        using var given = Given.Yaml("timeouts:\n  idle: 1s\n  connect: 1s\n  Idle: 2s\n");

        Assert.Equal("switchyard.yaml:4:3: duplicate key 'timeouts.Idle': it is on line 2 and again on line 4", given.Problem());
    }

    [Fact]
    public void A_tab_in_the_indentation_is_called_by_its_name()
    {
        using var given = Given.Yaml("timeouts:\n\tidle: 1s\n");

        Assert.Equal("switchyard.yaml:2:1: the line is indented with a tab; YAML is indented with spaces", given.Problem());
    }

    [Theory]
    [InlineData("timeouts: { idle: 1s\nstrict: true\n")]
    [InlineData("a: b: c\n")]
    [InlineData("\"unclosed\n")]
    [InlineData("- a\nb: c\n")]
    [InlineData("? [ a ]\n: b\n")]
    [InlineData("server: { keys: [ *nothing ] }\n")]
    [InlineData("server: { keys: [ !secret a ] }\n")]
    [InlineData("server: &s { keys: [ *s ] }\n")]
    [InlineData("base: &b { strict: true }\nserver: { <<: *b }\n")]
    [InlineData("strict: true\n---\nstrict: false\n")]
    public void What_is_no_YAML_or_too_much_of_it_is_a_problem_with_a_line(string yaml)
    {
        using var given = Given.Yaml(yaml);

        var problem = Assert.Single(given.Load().Problems);

        Assert.StartsWith("this is not the YAML of a configuration: ", problem.Message, StringComparison.Ordinal);
        Assert.InRange(problem.Line ?? 0, 1, 4);
    }

    [Theory]
    [InlineData("just text")]
    [InlineData("- a\n- b\n")]
    public void A_file_that_is_no_map_is_a_problem(string yaml)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:1:1: a configuration is a map of settings: 'key: value' on each line", given.Problem());
    }

    [Fact]
    public void Anchors_and_aliases_work()
    {
        using var given = Given.Yaml("models:\n  fast: { targets: &both [ mock/a, mock/b ] }\n  slow: { targets: *both }\n");

        Assert.Equal(["mock/a", "mock/b"], given.Options().Models["slow"].Targets.Select(target => target.Model));
    }

    [Fact]
    public void Aliases_of_aliases_are_bounded()
    {
        var yaml = new StringBuilder("a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n");
        for (var level = 1; level < 12; level++)
            yaml.Append($"a{level}: &a{level} [ {string.Join(", ", Enumerable.Repeat($"*a{level - 1}", 10))} ]\n");
        using var given = Given.Yaml(yaml.ToString());

        Assert.Contains(given.Problems(), problem => problem.Contains("more than 20000 settings", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_that_are_written_out_are_bounded_by_the_size_of_the_file_only()
    {
        var yaml = new StringBuilder("keys:\n");
        for (var key = 0; key < 5_000; key++)
            yaml.Append($"  key-{key}: {{ hash: \"sha256:{key:x64}\", tenant: a, expires: 2030-01-01, may_name_tenant: true }}\n");
        using var given = Given.Yaml(yaml.ToString());

        Assert.Equal(5_000, given.Options().Keys.Count);
    }

    [Fact]
    public void Deep_nesting_is_bounded()
    {
        using var given = Given.Yaml("strict: " + new string('[', 100_000));

        Assert.Contains("nested more than 32 deep", given.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused()
    {
        using var given = Given.Yaml("# " + new string('x', 1 << 20));

        Assert.Equal("switchyard.yaml: the file is larger than 1MB, the limit for a configuration", given.Problem());
    }

    [Fact]
    public void As_many_settings_as_are_allowed_load_quickly()
    {
        var yaml = new StringBuilder("models:\n");
        for (var alias = 0; alias < 4_900; alias++)
            yaml.Append($"  alias-{alias}: {{ targets: [ mock/a, mock/b ] }}\n");
        using var given = Given.Yaml(yaml.ToString());
        var began = TimeProvider.System.GetTimestamp();

        Assert.Equal(4_900, given.Options().Models.Count);

        // A generous bound: time quadratic in the file's size would be minutes.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_file_that_is_not_UTF8_is_refused_with_the_line()
    {
        using var given = new Given();
        File.WriteAllBytes(given.File, [.. "strict: true\nserver: "u8, 0xff, 0xfe, .. "\n"u8]);

        Assert.Equal("switchyard.yaml:2: the file is not UTF-8 text; save it as UTF-8", given.Problem());
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key()
    {
        using var given = new Given();
        File.WriteAllText(given.File, "strict: true\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.True(given.Options().Strict);
    }

    [Fact]
    public void A_directory_in_place_of_the_file_is_a_problem()
    {
        using var given = new Given();
        Directory.CreateDirectory(Path.Combine(given.Directory, "folder"));

        var result = ConfigurationLoader.Load(given.Request with { File = "folder" });

        Assert.StartsWith("folder: this is a folder", Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("strict: True")]
    [InlineData("Strict: \"true\"")]
    [InlineData("'strict': 'true'")]
    public void Quotes_and_capitals_do_not_matter(string yaml)
    {
        using var given = Given.Yaml(yaml);

        Assert.True(given.Options().Strict);
    }
}
