using Bunit;
using Switchyard.Dashboard.Pages.Providers;
using Switchyard.Providers;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The form for provider selection sets only the fields that the user changed.</summary>
public sealed class ChoiceFormTests : BunitContext
{
    private readonly List<(string Name, ProviderChoice Choice)> _set = [];

    [Fact]
    public void Only_what_was_changed_is_set_and_nothing_where_nothing_was()
    {
        var form = Open(Provider(10, 0.125));

        form.Find("form").Submit();
        form.Find("#choice-weight").Change("0.5");
        form.Find("form").Submit();

        Assert.Equal(("up", new ProviderChoice { Weight = 0.5 }), Assert.Single(_set));
    }

    [Fact]
    public void What_others_have_changed_meanwhile_is_shown_and_not_set_back()
    {
        var form = Open(Provider(10, 0.125));
        form.Find("#choice-weight").Change("0.5");

        form.Render(parameters => parameters.Add(part => part.Providers, [Provider(20, 0.25)]));

        Assert.Equal("20", form.Find("#choice-priority").GetAttribute("value"));
        Assert.Equal("0.5", form.Find("#choice-weight").GetAttribute("value"));
        form.Find("form").Submit();
        Assert.Equal(("up", new ProviderChoice { Weight = 0.5 }), Assert.Single(_set));
    }

    [Fact]
    public void A_browser_sends_the_form_whatever_the_configuration_says()
    {
        var form = Open(Provider(5000, 2.125));

        Assert.Equal("5000", form.Find("#choice-priority").GetAttribute("max"));
        Assert.Equal("2.125", form.Find("#choice-weight").GetAttribute("max"));
        Assert.Equal("any", form.Find("#choice-weight").GetAttribute("step"));
    }

    private IRenderedComponent<ChoiceForm> Open(ProviderInfo provider) => Render<ChoiceForm>(parameters => parameters
        .Add(part => part.Providers, [provider])
        .Add(part => part.OnSet, set => _set.Add(set)));

    private static ProviderInfo Provider(int priority, double weight) =>
        new()
        {
            Name = "up",
            Source = ProviderSource.Configuration,
            IsEnabled = true,
            Priority = priority,
            Weight = weight,
            DisplayName = "Up",
        };
}
