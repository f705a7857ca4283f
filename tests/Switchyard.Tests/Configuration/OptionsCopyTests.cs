using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Runtime;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>A copy has everything and shares nothing. An option that is added and forgotten in the copy fails here.</summary>
public sealed class OptionsCopyTests
{
    private int _number;

    [Fact]
    public void Every_option_is_copied()
    {
        var options = (SwitchyardOptions)Fill(typeof(SwitchyardOptions));

        Assert.Equal(JsonSerializer.Serialize(options), JsonSerializer.Serialize(options.Copy()));
        Assert.NotEqual(JsonSerializer.Serialize(new SwitchyardOptions()), JsonSerializer.Serialize(options));
    }

    [Fact]
    public void Every_option_is_written_as_a_setting_and_read_back_the_same()
    {
        var options = (SwitchyardOptions)Fill(typeof(SwitchyardOptions));
        var read = new SwitchyardOptions();
        var layer = RuntimeLayer.Of(OptionSettings.Written(options));

        Assert.Empty(layer.ApplyTo(read));
        Assert.Equal(JsonSerializer.Serialize(options), JsonSerializer.Serialize(read));
        var tree = new SettingTree();
        foreach (var (path, value) in layer.Settings)
            tree.Put(path, value);
        var document = SettingDocument.Parse(SettingYaml.Write(tree.Root));
        var problems = new List<string>();
        var again = RuntimeLayer.Of(SettingDocument.Read(document, new(), problems));
        Assert.Empty(problems);
        Assert.True(
            again.IsSameAs(RuntimeLayer.Of(layer.Settings.Where(setting => setting.Value is not JsonObject))),
            "YAML reads back as another");
        Assert.Empty(OptionSettings.Written(new()));
    }

    [Fact]
    public void Nothing_is_shared_with_the_original()
    {
        var options = (SwitchyardOptions)Fill(typeof(SwitchyardOptions));
        var mine = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Walk(options, value => mine.Add(value));
        Walk(options.Copy(), value => Assert.DoesNotContain(value, mine));
    }

    [Fact]
    public void Names_are_compared_as_in_the_original()
    {
        var options = new SwitchyardOptions();
        options.Providers["openai"] = new ProviderOptions();
        options.Providers["openai"].Headers["X-Team"] = "a";

        Assert.True(options.Copy().Providers["OpenAI"].Headers.ContainsKey("x-team"));
    }

    /// <summary>An object with a different value in each property.</summary>
    private object Fill(Type type, PropertyInfo? property = null)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        _number++;
        if (plain == typeof(string))
            return $"text {_number}";
        if (plain == typeof(bool))
            return true;
        if (plain == typeof(TimeSpan))
            return TimeSpan.FromSeconds(_number);
        if (property?.GetCustomAttribute<PercentAttribute>() is not null)
            return _number / 1000.0;
        if (plain.IsPrimitive)
            return Convert.ChangeType(_number, plain, System.Globalization.CultureInfo.InvariantCulture);
        var filled = Activator.CreateInstance(plain)!;
        if (filled is IDictionary map)
            map[$"name {_number}"] = Fill(plain.GetGenericArguments()[1]);
        else if (filled is IList list)
            list.Add(Fill(plain.GetGenericArguments()[0]));
        else
        {
            foreach (var member in plain.GetProperties().Where(member => member.CanWrite))
                member.SetValue(
                    filled, member.PropertyType == typeof(bool) ? !(bool)member.GetValue(filled)! : Fill(member.PropertyType, member));
        }

        return filled;
    }

    private static void Walk(object value, Action<object> visit)
    {
        if (value is string || value.GetType().IsValueType)
            return;
        visit(value);
        var inner = value switch
        {
            IDictionary map => map.Values.Cast<object>(),
            IList list => list.Cast<object>(),
            _ => value.GetType().GetProperties().Where(property => property.CanWrite).Select(property => property.GetValue(value))
                .OfType<object>(),
        };
        foreach (var item in inner)
            Walk(item, visit);
    }
}
