"""The trades of the demo city: what their shops are called, offer and charge, and when they are open."""

from dataclasses import dataclass

Service = tuple[str, str, int, int]
"""Name, English name, minutes, usual price in yuan."""


@dataclass(frozen=True)
class Trade:
    """A trade.

    Attributes:
        categories: slugs, the most particular first.
        title, title_en: what follows the shop's own name.
        week: hours as `importing.hours.week` reads them.
        most_staff: how many people work in the largest shop.
        services: what is offered.
    """

    categories: tuple[str, ...]
    title: str
    title_en: str
    week: str
    most_staff: int
    services: tuple[Service, ...]


TRADES = (
    Trade(
        ("hair", "beauty"), "美发沙龙", "Hair Studio", "Mo-Su 10:00-21:00", 5,
        (("剪发", "Haircut", 45, 98), ("染发", "Colour", 120, 368), ("烫发", "Perm", 150, 428),
         ("洗吹造型", "Wash and blow-dry", 30, 48)),
    ),
    Trade(
        ("nails", "beauty"), "美甲", "Nails", "Mo-Su 10:30-21:30", 4,
        (("纯色美甲", "Plain gel manicure", 60, 128), ("手绘美甲", "Painted manicure", 90, 238),
         ("足部护理", "Pedicure", 60, 158)),
    ),
    Trade(
        ("massage", "wellness"), "推拿", "Massage", "Mo-Su 11:00-01:00", 6,
        (("肩颈推拿", "Neck and shoulders", 45, 138), ("全身推拿", "Full body", 90, 258),
         ("足疗", "Foot massage", 60, 118)),
    ),
    Trade(
        ("beauty", "skin-care"), "皮肤管理", "Skin Care", "Tu-Su 10:00-20:30", 4,
        (("基础清洁", "Basic facial", 60, 168), ("补水护理", "Moisturising care", 75, 258),
         ("睫毛嫁接", "Lash extensions", 90, 198)),
    ),
    Trade(
        ("restaurant", "shanghai-food"), "本帮菜馆", "Shanghai Kitchen", "Mo-Su 11:00-14:00,17:00-21:30", 3,
        (("双人桌订金", "Table for two, deposit", 90, 20), ("四人桌订金", "Table for four, deposit", 120, 40),
         ("包厢订金", "Private room, deposit", 150, 200)),
    ),
    Trade(
        ("restaurant", "noodles"), "面馆", "Noodle House", "Mo-Su 06:30-20:00", 3,
        (("葱油拌面", "Scallion oil noodles", 20, 18), ("红烧牛肉面", "Braised beef noodles", 20, 32),
         ("茶叶蛋", "Tea egg", 5, 4)),
    ),
    Trade(
        ("cafe", "coffee"), "咖啡", "Coffee", "Mo-Fr 07:30-20:00; Sa-Su 09:00-21:00", 3,
        (("手冲体验课", "Pour-over class", 60, 128), ("靠窗座位", "Window seat", 60, 25),
         ("拉花课", "Latte art class", 90, 188)),
    ),
    Trade(
        ("teahouse",), "茶室", "Teahouse", "Mo-Su 10:00-22:00", 3,
        (("品茶席位", "Tea tasting", 60, 68), ("茶艺课", "Tea ceremony class", 90, 168),
         ("包间两小时", "Private room, two hours", 120, 228)),
    ),
    Trade(
        ("pets", "grooming"), "宠物美容", "Pet Grooming", "Mo-Su 10:00-20:00", 4,
        (("小型犬洗护", "Small dog bath", 60, 98), ("大型犬洗护", "Large dog bath", 90, 198),
         ("猫咪洗护", "Cat bath", 60, 138), ("造型修剪", "Styled trim", 120, 258)),
    ),
    Trade(
        ("vet", "pets"), "动物诊所", "Animal Clinic", "Mo-Su 09:00-21:00", 3,
        (("门诊", "Consultation", 20, 60), ("疫苗接种", "Vaccination", 15, 120), ("体检", "Check-up", 45, 268)),
    ),
    Trade(
        ("repair", "phones"), "手机维修", "Phone Repair", "Mo-Sa 10:00-20:00", 3,
        (("换屏", "Screen replacement", 60, 399), ("换电池", "Battery replacement", 30, 159),
         ("检测", "Diagnosis", 15, 20)),
    ),
    Trade(
        ("repair", "bicycles"), "单车工坊", "Bicycle Workshop", "We-Su 10:00-19:00", 2,
        (("整车保养", "Full service", 90, 168), ("补胎", "Puncture repair", 20, 15),
         ("变速调校", "Gear tuning", 30, 50)),
    ),
    Trade(
        ("cleaning", "home"), "家政", "Home Cleaning", "Mo-Su 08:00-18:00", 8,
        (("日常保洁两小时", "Two hours of cleaning", 120, 90), ("深度保洁", "Deep cleaning", 240, 360),
         ("擦玻璃", "Windows", 90, 120), ("空调清洗", "Air conditioner cleaning", 60, 109)),
    ),
    Trade(
        ("fitness", "gym"), "健身", "Fitness", "Mo-Su 06:30-23:00", 5,
        (("私教课", "Personal training", 60, 298), ("体测", "Fitness assessment", 30, 49),
         ("单次入场", "Day pass", 120, 39)),
    ),
    Trade(
        ("yoga", "fitness"), "瑜伽", "Yoga", "Mo-Su 08:00-12:00,14:00-21:00", 4,
        (("哈他瑜伽", "Hatha yoga", 60, 88), ("普拉提私教", "Private Pilates", 55, 328),
         ("冥想", "Meditation", 45, 58)),
    ),
    Trade(
        ("photography",), "照相馆", "Photo Studio", "Tu-Su 09:30-19:30", 3,
        (("证件照", "ID photo", 15, 59), ("写真", "Portrait session", 90, 599), ("全家福", "Family portrait", 60, 499)),
    ),
    Trade(
        ("tutoring", "languages"), "语言课堂", "Language School", "Mo-Fr 13:00-21:00; Sa-Su 09:00-21:00", 5,
        (("英语口语", "Spoken English", 60, 180), ("日语入门", "Beginners' Japanese", 60, 160),
         ("普通话", "Mandarin", 60, 150)),
    ),
    Trade(
        ("music", "tutoring"), "琴行", "Music School", "Mo-Fr 14:00-21:00; Sa-Su 09:00-21:00", 4,
        (("钢琴课", "Piano lesson", 45, 220), ("吉他课", "Guitar lesson", 45, 160),
         ("琴房一小时", "Practice room", 60, 35)),
    ),
    Trade(
        ("car-wash", "cars"), "洗车", "Car Wash", "Mo-Su 08:00-22:00", 4,
        (("标准洗车", "Standard wash", 30, 38), ("精洗", "Detailed wash", 90, 128), ("打蜡", "Waxing", 60, 168)),
    ),
    Trade(
        ("laundry",), "洗衣", "Laundry", "Mo-Su 08:00-21:00", 2,
        (("衬衫", "Shirt", 10, 12), ("大衣干洗", "Coat, dry-cleaned", 15, 58), ("球鞋清洗", "Trainers", 15, 35)),
    ),
)  # fmt: skip

NAMES = (
    ("青禾", "Qinghe"), ("小满", "Xiaoman"), ("知夏", "Zhixia"), ("木棉", "Mumian"), ("半山", "Banshan"),
    ("云栖", "Yunqi"), ("溪石", "Xishi"), ("拾光", "Shiguang"), ("南枝", "Nanzhi"), ("晚风", "Wanfeng"),
    ("初见", "Chujian"), ("白露", "Bailu"), ("三餐", "Sancan"), ("松果", "Songguo"), ("鹿鸣", "Luming"),
    ("一隅", "Yiyu"), ("朝夕", "Zhaoxi"), ("海棠", "Haitang"), ("竹里", "Zhuli"), ("星野", "Xingye"),
    ("禾风", "Hefeng"), ("暖巷", "Nuanxiang"), ("橘井", "Jujing"), ("归燕", "Guiyan"), ("听雨", "Tingyu"),
    ("枕河", "Zhenhe"), ("蓝汀", "Lanting"), ("麦田", "Maitian"), ("十二味", "Shierwei"), ("邻家", "Linjia"),
    ("花信", "Huaxin"), ("云岫", "Yunxiu"), ("浅草", "Qiancao"), ("明月", "Mingyue"), ("柚子", "Youzi"),
    ("山川", "Shanchuan"), ("栗子", "Lizi"), ("又一", "Youyi"), ("雀跃", "Queyue"), ("暮云", "Muyun"),
)  # fmt: skip
"""What shops call themselves."""

PEOPLE = (
    "阿玲", "小周", "陈师傅", "王老师", "丽丽", "阿强", "小林", "何姐", "大鹏", "婷婷", "老吴", "Coco", "阿杰", "梅姐",
    "小孟", "Tony", "阿芬", "许老师", "小郭", "李师傅", "佳佳", "阿宝", "Momo", "老张",
)  # fmt: skip

STREETS = (
    "青萝路", "鹤鸣里路", "杏影路", "白石桥弄", "荷风路", "云杉支路", "落雁路", "小渔弄", "枫泾里路", "银铃路",
    "石榴弄", "听潮支路", "桐花弄", "晓月路", "蓝莓路", "柿子弄", "望星支路", "竹影弄", "琥珀路", "燕归路",
)  # fmt: skip
"""None of them is in the city."""

DISTRICTS = (
    ("黄浦区", 31.2230, 121.4800), ("徐汇区", 31.1900, 121.4370), ("静安区", 31.2400, 121.4520),
    ("长宁区", 31.2150, 121.4050), ("普陀区", 31.2490, 121.3980), ("虹口区", 31.2750, 121.4880),
    ("杨浦区", 31.2880, 121.5190), ("浦东新区", 31.2180, 121.5480), ("闵行区", 31.1300, 121.3850),
    ("宝山区", 31.3700, 121.4500),
)  # fmt: skip
"""Where shops lie: name, latitude and longitude of a place well inside."""
